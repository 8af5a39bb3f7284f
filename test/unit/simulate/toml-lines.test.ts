import { expect, it } from 'vitest';
import { lineOfKey } from '../../../src/simulate/toml-lines.ts';

const TEXT = `description = "x"
[[node]]
name = "a"
oscillator = { error-ppm = 1 }
[[node.source]]
address = "s"
[[node]]
name = "b"
[[node.source]]
address = "t"
[[node.source]]
address = "u"
[limits."a b"]
rms-offset = 1
`;

it.each([
  [['description'], 1],
  [['node', 0, 'name'], 3],
  [['node', 0, 'oscillator', 'error-ppm'], 4],
  [['node', 0, 'source', 0, 'address'], 6],
  [['node', 1, 'name'], 8],
  [['node', 1, 'source', 0, 'address'], 10],
  [['node', 1, 'source', 1, 'address'], 12],
  [['node', 1, 'missing'], 7],
  [['limits', 'a b', 'rms-offset'], 14],
  [['nothing'], 0],
] as const)('finds the line of %j', (path, line) => {
  expect(lineOfKey(TEXT, path)).toBe(line);
});
