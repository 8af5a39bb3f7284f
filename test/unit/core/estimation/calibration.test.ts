import { describe, expect, it } from 'vitest';
import { Calibration } from '../../../../src/core/estimation/calibration.ts';

describe('the calibration of σ', () => {
  it('leaves a belief alone that moves as it said', () => {
    const calibration = new Calibration();
    for (let i = 0; i < 400; i++) calibration.add(Math.sqrt(2) * Math.sin(i * 2.4), 1);
    expect(calibration.inflation).toBeLessThan(1.1);
  });

  it('widens a belief whose steps go on in one direction', () => {
    const calibration = new Calibration();
    for (let i = 0; i < 400; i++) calibration.add(Math.sign(Math.sin(i / 8)), 1);
    expect(calibration.inflation).toBeGreaterThan(2);
  });

  it('is not carried away by a single wild step', () => {
    const calibration = new Calibration();
    for (let i = 0; i < 400; i++) calibration.add(i === 300 ? 1e6 : 0.1, 1);
    expect(calibration.inflation).toBeLessThan(3);
  });

  it('forgets when reset', () => {
    const calibration = new Calibration();
    for (let i = 0; i < 100; i++) calibration.add(10, 1);
    calibration.reset();
    expect(calibration.inflation).toBe(new Calibration().inflation);
  });

  it('widens a young belief, whose delays are hardly known, and less with every sample', () => {
    const calibration = new Calibration();
    let last = calibration.inflation;
    expect(last).toBeGreaterThan(10);
    for (let i = 2; i < 100; i++) {
      calibration.add(0, 1);
      expect(calibration.inflation).toBeLessThanOrEqual(last);
      last = calibration.inflation;
    }
    expect(last).toBeLessThan(1.05);
  });
});
