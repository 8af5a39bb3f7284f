import { expect, it } from 'vitest';
import { Timescale } from '../../../src/simulate/timescale.ts';

const START = 4_004_467_200;

it('goes back by a second at an inserted leap and forward at a deleted one', () => {
  const timescale = new Timescale({
    start: START,
    leaps: [
      { at: 100_000, sign: 1 },
      { at: 200_000, sign: -1 },
    ],
  });
  expect([99_999, 100_000, 200_000].map((at) => timescale.leapOffset(at))).toEqual([0, -1, 0]);
  expect([10_000, 50_000, 100_000, 150_000].map((at) => timescale.leapIndicator(at))).toEqual([0, 1, 0, 2]);
});

it('stamps across the era boundary', () => {
  const timescale = new Timescale({ start: 2 ** 32 - 10, leaps: [] });
  const out = { seconds: 0, fraction: 0 };
  timescale.stamp(10.5, 0.25, out);
  expect(out).toEqual({ seconds: 0, fraction: 0.75 * 2 ** 32 });
});
