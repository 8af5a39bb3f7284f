import { describe, expect, it } from 'vitest';
import { DelayModel, FLOOR_IDEAS } from '../../../../src/core/estimation/delay-model.ts';
import { Variates } from '../../../simulation/support/random.ts';

const OUT = new Float64Array(1);

function at(model: DelayModel, offset: number, idea = 0): number {
  model.byDelays[idea]?.(offset, 1, OUT, 1);
  return OUT[0] as number;
}

function learned(): DelayModel {
  const model = new DelayModel();
  const random = new Variates(11);
  for (let i = 0; i < 200; i++) {
    model.take(1e-3 + 1e-4 * random.exponential(), 1e-3 + 1e-4 * random.exponential(), 1e-7, 0, 1e-5);
  }
  return model;
}

describe('the likelihood of a sample', () => {
  it('is flat between the two edges that exponential delays make, and falls off outside', () => {
    const model = learned();
    model.take(1.2e-3, 1.1e-3, 1e-7, 0, 1e-5);
    expect(at(model, 0.1e-3) / at(model, 0)).toBeGreaterThan(0.7);
    expect(at(model, 0.1e-3) / at(model, 0)).toBeLessThan(1.4);
    expect(at(model, 0.3e-3)).toBeLessThan(0.02 * at(model, 0));
    expect(at(model, -0.2e-3)).toBeLessThan(0.02 * at(model, 0));
    expect(model.offsetSeconds).toBeCloseTo(50e-6, 4);
  });

  it('heeds the direction that is not queued', () => {
    const model = learned();
    model.take(1.02e-3, 30e-3, 1e-7, 0, 1e-5);
    expect(at(model, 0)).toBeGreaterThan(20 * at(model, 0.1e-3));
    expect(at(model, -0.1e-3) / at(model, 0)).toBeGreaterThan(0.1);
  });

  it('stretches the delays where the floor is thought to be lower, down to there', () => {
    const model = learned();
    const lower = FLOOR_IDEAS.length - 1;
    expect(model.lowerSeconds(0)).toBe(0);
    expect(model.lowerSeconds(lower)).toBeCloseTo(0.1 * model.meanSeconds, 9);
    // Beyond the edge by half of what the floor is lower by.
    model.take(1.2e-3, 1.1e-3, 1e-7, 0, 1e-5);
    const beyond = model.high + 0.5 * model.lowerSeconds(lower);
    expect(at(model, beyond, lower)).toBeGreaterThan(3 * at(model, beyond, 0));
    // Both are densities of the same sum: neither is higher everywhere.
    expect(at(model, 0, lower)).toBeLessThan(at(model, 0, 0));
    expect(at(model, 0, lower)).toBeGreaterThan(0.5 * at(model, 0, 0));
  });

  it('knows the direction that became longer while the offset is known', () => {
    const model = learned();
    const random = new Variates(12);
    for (let i = 0; i < 12; i++) {
      model.take(6e-3 + 1e-4 * random.exponential(), 1e-3 + 1e-4 * random.exponential(), 1e-7, 0, 1e-5);
    }
    expect(Math.abs(model.offsetSeconds)).toBeLessThan(0.4e-3);
    // A dozen sums do not exclude that the floor lies well below the smallest of them.
    expect(2 * model.floorSeconds).toBeGreaterThan(5.5e-3);
  });

  it('knows the direction that became shorter from the first sample on, and better with each of the next', () => {
    const model = new DelayModel();
    const random = new Variates(14);
    const take = (down: number): void =>
      model.take(6e-3 + 1e-4 * random.exponential(), down + 1e-4 * random.exponential(), 1e-7, 0, 1e-5);
    for (let i = 0; i < 200; i++) take(6e-3);
    take(1e-3);
    expect(Math.abs(model.offsetSeconds)).toBeLessThan(0.2e-3);
    const first = Math.sqrt(model.asymmetryVariance);
    expect(first).toBeGreaterThan(5e-5);
    let worst = 0;
    for (let i = 0; i < 40; i++) {
      take(1e-3);
      if (i >= 8) worst = Math.max(worst, Math.abs(model.offsetSeconds) / model.offsetSigmaSeconds);
    }
    expect(Math.sqrt(model.asymmetryVariance)).toBeLessThan(first / 2);
    expect(Math.sqrt(model.asymmetryVariance)).toBeGreaterThan(1e-5);
    expect(worst).toBeLessThan(5);
  });

  it('doubts a difference of the floors as much as the clock was doubted that told it, until the route is back', () => {
    const model = learned();
    const random = new Variates(13);
    expect(model.asymmetryVariance).toBe(0);
    for (let i = 0; i < 40; i++) {
      model.take(6e-3 + 1e-4 * random.exponential(), 1e-3 + 1e-4 * random.exponential(), 1e-7, 0, 2e-5);
    }
    expect(Math.sqrt(model.asymmetryVariance)).toBeGreaterThan(2e-5);
    expect(Math.sqrt(model.asymmetryVariance)).toBeLessThan(2e-4);
    for (let i = 0; i < 4; i++) model.take(1.1e-3, 1.1e-3, 1e-7, 0, 1e-5);
    expect(model.asymmetryVariance).toBe(0);
  });

  it('learns how much an offset jitters that no delay betrays', () => {
    const model = new DelayModel();
    for (let i = 0; i < 100; i++) {
      const jitter = i % 2 === 0 ? 1e-4 : -1e-4;
      model.take(1e-3 + jitter, 1e-3 - jitter, 1e-7, 0, 1e-5);
      model.learnJitter(0, 1e-10);
    }
    expect(model.jitterReach).toBeGreaterThan(5e-4);
    model.byJitter(0, 1, OUT, 1);
    const centre = OUT[0] as number;
    model.byJitter(1e-2, 1, OUT, 1);
    expect(OUT[0] as number).toBeLessThan(centre);
  });
});
