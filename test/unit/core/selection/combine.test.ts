import { describe, expect, test } from 'vitest';
import { combine, offsetVariance } from '../../../../src/core/selection/combine.ts';
import { candidate } from '../../../support/candidates.ts';

const quiet = { delaySeconds: 0 };

describe('combining', () => {
  test('passes a lone source on unchanged', () => {
    const one = candidate('a', 0.123, 0.01, {
      frequency: 3e-6,
      frequencySigma: 2e-8,
      covariance: 1e-12,
      wander: 1e-18,
    });
    expect(combine([one])).toEqual({
      offsetSeconds: 0.123,
      offsetSigmaSeconds: one.offsetSigmaSeconds,
      frequency: 3e-6,
      frequencySigma: 2e-8,
      covariance: 1e-12,
      wander: 1e-18,
      shares: [1],
    });
  });

  test('weighs by inverse variance while the sources agree within their noise', () => {
    const { offsetSeconds, offsetSigmaSeconds, shares } = combine([
      candidate('a', 0, 1e-3, { ...quiet, offsetSigmaSeconds: 1e-5 }),
      candidate('b', 1e-5, 1e-3, { ...quiet, offsetSigmaSeconds: 2e-5 }),
    ]);
    expect(shares[0]).toBeCloseTo(0.8, 9);
    expect(offsetSeconds).toBeCloseTo(0.2e-5, 12);
    // Three quarters of each variance average out; the rest is the oscillator's wander, which all of them chase.
    const own = 0.75 * (0.8 ** 2 * 1e-10 + 0.2 ** 2 * 4e-10);
    const shared = 0.5 * (0.8 * 1e-5 + 0.2 * 2e-5);
    expect(offsetSigmaSeconds).toBeCloseTo(Math.sqrt(own + shared ** 2), 12);
  });

  test('weighs alike, and admits the spread, when they disagree by far more', () => {
    const { shares, offsetSigmaSeconds } = combine([
      candidate('a', 0, 1e-3, { ...quiet, offsetSigmaSeconds: 1e-8 }),
      candidate('b', 1e-4, 1e-3, { ...quiet, offsetSigmaSeconds: 1e-6 }),
    ]);
    expect(shares[0]).toBeCloseTo(0.5, 2);
    expect(offsetSigmaSeconds).toBeGreaterThan(2e-5);
  });

  test('trusts a near source more than a far one that is as steady: paths can be unequal without showing it', () => {
    const near = candidate('near', 0, 1e-3, { delaySeconds: 1e-4, offsetSigmaSeconds: 1e-5 });
    const far = candidate('far', 0, 1e-3, { delaySeconds: 0.1, offsetSigmaSeconds: 1e-5 });
    expect(offsetVariance(far)).toBeGreaterThan(1000 * offsetVariance(near));
    expect(combine([near, far]).shares[0]).toBeGreaterThan(0.99);
  });

  test('does not take a source for better than its own upstream may be', () => {
    const near = candidate('near', 0, 1e-3, { offsetSigmaSeconds: 1e-6 });
    const far = { ...near, rootDelaySeconds: 4e-3, rootDispersionSeconds: 2e-3 };
    expect(combine([near]).offsetSigmaSeconds).toBe(1e-6);
    expect(combine([far]).offsetSigmaSeconds).toBeCloseTo(Math.hypot(1e-6, 30e-6), 12);
  });

  test('does not let any number of sources average out how the oscillator wanders', () => {
    const many = Array.from({ length: 100 }, (_, i) =>
      candidate(`${i}`, 0, 1e-3, { ...quiet, offsetSigmaSeconds: 1e-5, frequencySigma: 1e-8, covariance: 4e-14 }),
    );
    const { offsetSigmaSeconds, frequencySigma, covariance } = combine(many);
    expect(offsetSigmaSeconds / 1e-5).toBeCloseTo(0.5, 1);
    expect(frequencySigma / 1e-8).toBeCloseTo(0.87, 1);
    expect(covariance / 4e-14).toBeCloseTo(0.5, 1);
  });

  test('weighs frequencies by their own variances', () => {
    const { frequency } = combine([
      candidate('a', 0, 1e-3, { frequency: 1e-6, frequencySigma: 1e-8 }),
      candidate('b', 0, 1e-3, { frequency: 1.01e-6, frequencySigma: 1e-7 }),
    ]);
    expect(frequency).toBeGreaterThan(1e-6);
    expect(frequency).toBeLessThan(1.001e-6);
  });
});
