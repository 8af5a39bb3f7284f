import { describe, expect, it } from 'vitest';
import { linearScale, logScale } from '../../../../src/load/report/scale.ts';

describe('a linear scale', () => {
  it('goes from zero to a round number that no value exceeds', () => {
    const scale = linearScale([3, 97_000]);
    expect(scale.ticks[0]).toBe(0);
    expect(scale.ticks.at(-1)).toBe(100_000);
    expect(scale.at(0)).toBe(0);
    expect(scale.at(50_000)).toBeCloseTo(0.5, 9);
  });

  it('goes below zero when values do', () => {
    const scale = linearScale([-3, 10]);
    expect(scale.ticks[0]).toBeLessThanOrEqual(-3);
    expect(scale.at(-3)).toBeLessThan(scale.at(0));
  });

  it('has an axis even without values, or with zeros alone', () => {
    for (const values of [[], [0, 0]]) {
      const scale = linearScale(values);
      expect(scale.ticks.length).toBeGreaterThan(1);
      expect(scale.ticks.every(Number.isFinite)).toBe(true);
      expect(scale.at(0)).toBe(0);
    }
  });
});

describe('a logarithmic scale', () => {
  it('spans whole decades and places a decade evenly', () => {
    const scale = logScale([2e3, 5e6]);
    expect(scale.ticks[0]).toBe(1e3);
    expect(scale.ticks.at(-1)).toBe(1e7);
    expect(scale.at(1e4) - scale.at(1e3)).toBeCloseTo(scale.at(1e6) - scale.at(1e5), 9);
  });

  it('holds what is not positive at its low end', () => {
    const scale = logScale([10, 100]);
    expect(scale.at(0)).toBe(0);
    expect(scale.at(-5)).toBe(0);
    expect(logScale([]).ticks.every(Number.isFinite)).toBe(true);
  });
});
