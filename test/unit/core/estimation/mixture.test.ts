import { expect, it } from 'vitest';
import { type Moments, mix } from '../../../../src/core/estimation/mixture.ts';

function part(offset: number, frequency: number): Moments {
  return { offset, frequency, varianceOffset: 1, covariance: 0, varianceFrequency: 4, wander: 8 };
}

it('counts what beliefs differ by as variance, however large the offsets are', () => {
  const out = part(0, 0);
  mix([part(1e6, -1), part(1e6 + 2, 1)], Float64Array.of(0.5, 0.5), out);
  expect(out).toEqual({
    offset: 1e6 + 1,
    frequency: 0,
    varianceOffset: 2,
    covariance: 1,
    varianceFrequency: 5,
    wander: 8,
  });
});

it('is the belief itself where that has all the weight', () => {
  const out = part(0, 0);
  mix([part(3, 5), part(9, 7)], Float64Array.of(1, 0), out);
  expect(out).toEqual(part(3, 5));
});
