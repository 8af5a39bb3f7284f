import { describe, expect, it } from 'vitest';
import { KeyedHash } from '../../../../src/core/server/keyed-hash.ts';

function hash(key: [number, number], a: number, b: number, label: number): [number, number] {
  const hasher = new KeyedHash(key);
  hasher.compute(a, b, label);
  return [hasher.low, hasher.high];
}

describe('the keyed hash', () => {
  it('depends on the key, on both words and on the label', () => {
    const base = hash([1, 2], 3, 4, 5);
    for (const other of [
      hash([2, 2], 3, 4, 5),
      hash([1, 3], 3, 4, 5),
      hash([1, 2], 2, 4, 5),
      hash([1, 2], 3, 5, 5),
      hash([1, 2], 3, 4, 6),
    ]) {
      expect(other[0]).not.toBe(base[0]);
      expect(other[1]).not.toBe(base[1]);
    }
    expect(hash([1, 2], 3, 4, 5)).toEqual(base);
  });

  it('flips half of its bits for any flipped bit of the input', () => {
    let flipped = 0;
    const rounds = 2000;
    for (let i = 0; i < rounds; i++) {
      const [low, high] = hash([7, 8], i, ~i, 1);
      const bit = 1 << (i % 32);
      const [otherLow, otherHigh] = i % 2 ? hash([7, 8], i ^ bit, ~i, 1) : hash([7, 8], i, ~i ^ bit, 1);
      for (let x = low ^ otherLow; x !== 0; x &= x - 1) flipped++;
      for (let x = high ^ otherHigh; x !== 0; x &= x - 1) flipped++;
    }
    expect(flipped / rounds).toBeGreaterThan(31.5);
    expect(flipped / rounds).toBeLessThan(32.5);
  });

  it('spreads consecutive addresses evenly over a table', () => {
    const counts = new Array<number>(256).fill(0);
    for (let i = 0; i < 256 * 64; i++) {
      const place = hash([9, 9], 0, 0x0a000000 + i, 0)[0] >>> 24;
      counts[place] = (counts[place] as number) + 1;
    }
    const chiSquared = counts.reduce((sum, count) => sum + (count - 64) ** 2 / 64, 0);
    expect(chiSquared).toBeLessThan(255 + 6 * Math.sqrt(2 * 255));
  });
});
