import { describe, expect, it } from 'vitest';
import { DelayShape } from '../../../../src/core/estimation/delay-shape.ts';
import { Variates } from '../../../simulation/support/random.ts';

const LAWS = [{ weight: 1, floorSeconds: 0, degree: 1, scaleSeconds: 1e-4 }];

function integral(shape: DelayShape): number {
  let sum = 0;
  for (let u = Math.log(1e-9); u < Math.log(30); u += 0.02) sum += shape.density(Math.exp(u)) * Math.exp(u) * 0.02;
  return sum;
}

describe('the shape of delays', () => {
  it('is what is expected before anything is learned, with a tail in which nothing is impossible', () => {
    const shape = new DelayShape(800);
    shape.expect(LAWS, 0, 1e-4);
    expect(shape.density(1e-4) / (Math.exp(-1) / 1e-4)).toBeCloseTo(1, 0);
    expect(shape.density(0.5)).toBeGreaterThan(1e-6);
    expect(integral(shape)).toBeCloseTo(1, 1);
  });

  it('learns two humps from nothing but sums', () => {
    const shape = new DelayShape(800);
    const random = new Variates(5);
    const draw = (): number => 20e-6 * random.exponential() + (random.uniform() < 0.5 ? 300e-6 : 0);
    for (let i = 0; i < 800; i++) {
      shape.expect([{ weight: 1, floorSeconds: 0, degree: 1, scaleSeconds: 20e-6 }], 0, 20e-6);
      shape.learnSum(draw() + draw());
    }
    shape.expect([{ weight: 1, floorSeconds: 0, degree: 1, scaleSeconds: 20e-6 }], 0, 20e-6);
    expect(shape.density(10e-6)).toBeGreaterThan(5 * shape.density(150e-6));
    expect(shape.density(320e-6)).toBeGreaterThan(4 * shape.density(600e-6));
    expect(integral(shape)).toBeCloseTo(1, 1);
  });

  it('measures the floors of laws from its own zero', () => {
    const shape = new DelayShape(800);
    shape.expect([{ weight: 1, floorSeconds: 1e-3 + 5e-5, degree: 1, scaleSeconds: 1e-5 }], 1e-3, 1e-5);
    expect(shape.density(2e-5)).toBeLessThan(0.1 * shape.density(5.5e-5));
  });
});
