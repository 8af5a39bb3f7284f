import { describe, expect, it } from 'vitest';
import { medianOf, Series } from '../../../src/simulate/statistics.ts';

describe('Series', () => {
  it('summarises magnitudes, but keeps the sign of the mean', () => {
    const series = new Series();
    for (let value = -100; value < 0; value++) series.add(value);
    const summary = series.summarise();
    expect(summary.mean).toBe(-50.5);
    expect(summary.max).toBe(100);
    expect([summary.p50, summary.p95, summary.p99]).toEqual([51, 96, 100]);
    expect(summary.rms).toBeCloseTo(Math.sqrt(3383.5), 9);
  });

  it('grows past its first block', () => {
    const series = new Series();
    for (let value = 0; value < 10_000; value++) series.add(value);
    expect(series.length).toBe(10_000);
    expect(series.values.at(-1)).toBe(9999);
    expect(series.percentile(0.5)).toBe(5000);
  });

  it('knows nothing of nothing', () => {
    expect(new Series().summarise().rms).toBeNaN();
    expect(new Series().percentile(0.5)).toBeNaN();
  });
});

it('takes the median of odd and even counts', () => {
  expect(medianOf([3, 1, 2])).toBe(2);
  expect(medianOf([4, 1, 2, 3])).toBe(2.5);
  expect(medianOf([])).toBeNaN();
});
