import { describe, expect, it } from 'vitest';
import { Belief, type Likelihood } from '../../../../src/core/estimation/belief.ts';

function gaussian(mean: number, sigma: number): Likelihood {
  return (first, step, out, count) => {
    for (let i = 0; i < count; i++) {
      const z = (first + i * step - mean) / sigma;
      out[i] = Math.exp(-0.5 * z * z) / (sigma * Math.sqrt(2 * Math.PI));
    }
  };
}

describe('a belief about offset and frequency', () => {
  it('agrees with a Kalman filter when everything is Gaussian', () => {
    const wander = 1e-18;
    const noise = 70e-6;
    const belief = new Belief(wander);
    belief.start(0, 1e-3, [{ weight: 1, frequency: 0, sigma: 1e-6 }]);
    let x = 0;
    let f = 0;
    let xx = 1e-6;
    let xf = 0;
    let ff = 1e-12;
    for (let i = 0; i < 50; i++) {
      const dt = 64;
      x += f * dt;
      xx += dt * (2 * xf + dt * (ff + (wander * dt) / 3));
      xf += dt * (ff + (wander * dt) / 2);
      ff += wander * dt;
      const measured = noise * Math.sin(i * 1.7);
      const gain = xx / (xx + noise * noise);
      const gainF = xf / (xx + noise * noise);
      f += gainF * (measured - x);
      x += gain * (measured - x);
      ff -= gainF * xf;
      xf -= gain * xf;
      xx -= gain * xx;
      belief.advance(dt);
      belief.update(gaussian(measured, noise), measured - 8 * noise, measured + 8 * noise);
    }
    expect(Math.abs(belief.offset - x)).toBeLessThan(0.1 * Math.sqrt(xx));
    // A little wider, since the frequency might have jumped.
    for (const ratio of [belief.varianceOffset / xx, belief.varianceFrequency / ff]) {
      expect(Math.sqrt(ratio)).toBeGreaterThan(0.97);
      expect(Math.sqrt(ratio)).toBeLessThan(1.4);
    }
  });

  it('keeps an edge: two intervals leave their intersection', () => {
    const belief = new Belief(1e-24);
    belief.start(0, 1e-3, [{ weight: 1, frequency: 0, sigma: 1e-9 }]);
    const within =
      (low: number, high: number): Likelihood =>
      (first, step, out, count) => {
        for (let i = 0; i < count; i++) out[i] = first + i * step >= low && first + i * step <= high ? 1e3 : 0;
      };
    belief.advance(1);
    belief.update(within(-100e-6, 20e-6), -100e-6, 20e-6);
    belief.advance(1);
    belief.update(within(-20e-6, 100e-6), -20e-6, 100e-6);
    expect(Math.abs(belief.offset)).toBeLessThan(2e-6);
    // A uniform density over 40 µs has a σ of 11.5 µs.
    expect(Math.sqrt(belief.varianceOffset)).toBeGreaterThan(10e-6);
    expect(Math.sqrt(belief.varianceOffset)).toBeLessThan(14e-6);
  });

  it('follows a jump that samples insist on', () => {
    const belief = new Belief(1e-18);
    belief.start(0, 1e-5, [{ weight: 1, frequency: 0, sigma: 1e-8 }]);
    for (let i = 0; i < 6; i++) {
      belief.advance(16);
      belief.update(gaussian(0.05, 1e-5), 0.05 - 1e-4, 0.05 + 1e-4);
    }
    expect(belief.offset).toBeCloseTo(0.05, 4);
  });

  it('stays as it was when nothing can explain a measurement', () => {
    const belief = new Belief(1e-18);
    belief.start(0, 1e-5, [{ weight: 1, frequency: 0, sigma: 1e-8 }]);
    belief.advance(16);
    const before = belief.offset;
    expect(belief.update((_first, _step, out) => out.fill(0), -1, 1)).toBe(Number.NEGATIVE_INFINITY);
    expect(belief.offset).toBe(before);
  });
});
