import { expect, test } from 'vitest';
import { Xorshift32 } from '../../../../src/core/server/xorshift.ts';

test('is the published generator, shifts 13, 17 and 5', () => {
  const random = new Xorshift32(1);
  expect(Array.from({ length: 3 }, () => random.next() >>> 0)).toEqual([270_369, 67_634_689, 2_647_435_461]);
});

test('gives words whose every bit is set half of the time, from any seed', () => {
  for (const seed of [0, 1, -1, 0x8000_0000, 12_345]) {
    const random = new Xorshift32(seed);
    const set = new Array<number>(32).fill(0);
    for (let i = 0; i < 10_000; i++) {
      const word = random.next();
      for (let bit = 0; bit < 32; bit++) set[bit] = (set[bit] as number) + ((word >>> bit) & 1);
    }
    for (const share of set) expect(Math.abs(share - 5000)).toBeLessThan(300);
  }
});
