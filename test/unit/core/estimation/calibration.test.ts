import { describe, expect, it } from 'vitest';
import { Calibration } from '../../../../src/core/estimation/calibration.ts';
import { Variates } from '../../../simulation/support/random.ts';

describe('the calibration of σ', () => {
  it('leaves a belief alone whose innovations have no memory', () => {
    const calibration = new Calibration();
    const random = new Variates(3);
    for (let i = 0; i < 400; i++) calibration.add(random.normal(), 1, 1);
    expect(calibration.inflation).toBeLessThan(1.3);
  });

  it('widens a belief whose innovations stay on one side for several samples', () => {
    const calibration = new Calibration();
    for (let i = 0; i < 400; i++) calibration.add(Math.sign(Math.sin(i / 3)), 1, 1);
    expect(calibration.inflation).toBeGreaterThan(3);
  });

  it('never narrows a belief whose innovations change sides', () => {
    const calibration = new Calibration();
    for (let i = 0; i < 400; i++) calibration.add(i % 2 === 0 ? 1 : -1, 1, 1);
    expect(calibration.inflation).toBeGreaterThanOrEqual(1);
  });

  it('is not carried away by a single wild innovation', () => {
    const calibration = new Calibration();
    for (let i = 0; i < 400; i++) calibration.add(i === 300 ? 1e6 : 0.1, 1, 1);
    expect(calibration.inflation).toBeLessThan(1.5);
  });

  it('learns little from samples that met a queue', () => {
    const calibration = new Calibration();
    for (let i = 0; i < 400; i++) calibration.add(100, 100, 1);
    expect(calibration.inflation).toBeLessThan(1.1);
  });

  it('forgets when reset', () => {
    const calibration = new Calibration();
    for (let i = 0; i < 100; i++) calibration.add(10, 1, 1);
    calibration.reset();
    expect(calibration.inflation).toBe(new Calibration().inflation);
  });

  it('widens a young belief, whose delays are hardly known, and less with every sample', () => {
    const calibration = new Calibration();
    let last = calibration.inflation;
    expect(last).toBeGreaterThan(10);
    for (let i = 2; i < 100; i++) {
      calibration.add(0, 1, 1);
      expect(calibration.inflation).toBeLessThanOrEqual(last);
      last = calibration.inflation;
    }
    expect(last).toBeLessThan(1.05);
  });
});
