import { describe, expect, it } from 'vitest';
import { suggest } from '../../../src/config/suggest.ts';

const KNOWN = ['listen', 'stale-limit', 'timestamping'];

describe('suggestions', () => {
  it.each([
    ['lisen', 'listen'],
    ['lsiten', 'listen'],
    ['Listen', 'listen'],
    ['stale_limit', 'stale-limit'],
    ['timestaming', 'timestamping'],
  ])('for %s is %s', (typed, meant) => {
    expect(suggest(typed, KNOWN)).toBe(meant);
  });

  it('are not made for words that resemble nothing', () => {
    expect(suggest('frobnicate', KNOWN)).toBeNull();
    expect(suggest('x', [])).toBeNull();
  });
});
