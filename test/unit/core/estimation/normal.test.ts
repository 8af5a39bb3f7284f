import { describe, expect, it } from 'vitest';
import { normalAbove } from '../../../../src/core/estimation/normal.ts';

describe('the tail of a normal distribution', () => {
  it.each([
    [0, 0.5],
    [1, 0.158655253931457],
    [2, 0.0227501319481792],
    [4, 3.16712418331199e-5],
    [6, 9.86587645037698e-10],
  ])('has the probability beyond %g that tables give', (z, probability) => {
    expect(Math.abs(normalAbove(z) / probability - 1)).toBeLessThan(1e-6);
    expect(normalAbove(-z)).toBeCloseTo(1 - probability, 7);
  });
});
