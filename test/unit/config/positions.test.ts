import { describe, expect, it } from 'vitest';
import { locate } from '../../../src/config/positions.ts';

const TOML = `top = 1
[[server]]
listen = "a"
[[server]]
  listen = { nested = 1,
    deep = [ 1, { far = 2 } ] }
[a.b]
c.d = 3
"quoted key" = 4
`;

describe('positions', () => {
  it.each([
    [['top'], 1, 1],
    [['server', 0, 'listen'], 3, 1],
    [['server', 1, 'listen'], 5, 3],
    [['server', 1, 'listen', 'deep', 1, 'far'], 6, 19],
    [['a', 'b', 'c', 'd'], 8, 3],
    [['a', 'b', 'quoted key'], 9, 1],
  ])('of %j is line %i column %i', (path, line, column) => {
    expect(locate(TOML, path)).toEqual({ line, column });
  });

  it('of a key that is missing is its table', () => {
    expect(locate(TOML, ['server', 1, 'missing'])).toEqual({ line: 4, column: 3 });
  });

  it('of a broken document, or of nothing in it, is none', () => {
    expect(locate('= =', ['a'])).toBeNull();
    expect(locate(TOML, ['elsewhere'])).toBeNull();
  });
});
