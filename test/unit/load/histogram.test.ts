import { createHistogram } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { cellOf, Histogram } from '../../../src/load/histogram.ts';

/** A lognormal-like series without a clock: the same values each time. */
function series(length: number): number[] {
  let state = 12_345;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.floor(1000 * 2 ** ((state / 0x8000_0000) * 16));
  });
}

describe('histogram', () => {
  it('gives the percentiles that the sorted values have, to three digits', () => {
    const values = series(20_000);
    const histogram = new Histogram();
    for (const value of values) histogram.record(value);
    const sorted = [...values].sort((a, b) => a - b);
    for (const percent of [0.1, 1, 10, 50, 90, 99, 99.9, 100]) {
      const exact = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] as number;
      expect(Math.abs(histogram.percentile(percent) / exact - 1)).toBeLessThan(1e-3);
    }
  });

  it("agrees with Node's own histogram", () => {
    const ours = new Histogram();
    const nodes = createHistogram();
    for (const value of series(5000)) {
      ours.record(value);
      nodes.record(value);
    }
    for (const percent of [50, 90, 99, 99.9]) {
      expect(ours.percentile(percent) / nodes.percentile(percent)).toBeCloseTo(1, 2);
    }
    expect(ours.summary().mean / nodes.mean).toBeCloseTo(1, 4);
  });

  it('merges to the distribution of all values together', () => {
    const values = series(3000);
    const whole = new Histogram();
    const parts = [new Histogram(), new Histogram()];
    values.forEach((value, i) => {
      const signed = i % 3 === 0 ? -value : value;
      whole.record(signed);
      parts[i % 2]?.record(signed);
    });
    const merged = new Histogram();
    for (const part of parts) merged.add(part);
    const { deviation, ...summary } = merged.summary();
    expect(whole.summary()).toMatchObject(summary);
    expect(deviation).toBeCloseTo(whole.summary().deviation, 3);
    expect(merged.curve()).toEqual(whole.curve());
  });

  it('keeps negative values below positive ones', () => {
    const histogram = new Histogram();
    for (const value of [-5000, -20, 7, 9000]) histogram.record(value);
    expect(histogram.percentile(25)).toBe(-5000);
    expect(histogram.percentile(50)).toBe(-20);
    expect(histogram.percentile(75)).toBe(7);
    expect(histogram.summary()).toMatchObject({ count: 4, min: -5000, max: 9000 });
  });

  it('is zero everywhere when nothing was counted', () => {
    expect(new Histogram().summary()).toMatchObject({ count: 0, mean: 0, deviation: 0, p50: 0, p999: 0 });
  });

  it('puts values beyond its range into its last cell', () => {
    expect(cellOf(2 ** 50)).toBe(cellOf(2 ** 37 - 1));
    expect(cellOf(2047)).toBe(2047);
    expect(cellOf(2048)).toBe(2048);
    expect(cellOf(4095)).toBe(3071);
    expect(cellOf(4096)).toBe(3072);
  });

  it('leaves half a percent at either end out of the core', () => {
    const histogram = new Histogram();
    for (let i = 0; i < 99; i++) {
      histogram.record(-10);
      histogram.record(10);
    }
    histogram.record(-1_000_000);
    histogram.record(1_000_000);
    const { coreMean, coreDeviation } = histogram.summary();
    expect(coreMean).toBeCloseTo(0, 6);
    expect(coreDeviation).toBeCloseTo(10, 6);
    expect(new Histogram().summary()).toMatchObject({ coreMean: 0, coreDeviation: 0 });
  });
});
