import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/simulate/virtual-clock.ts';

describe('VirtualClock', () => {
  it('runs at the frequency it was given', () => {
    const clock = new VirtualClock(0.5, true);
    clock.slew(100, 1e-5, 0, 0);
    expect(clock.readOffsetSeconds(100)).toBe(0.5);
    expect(clock.readOffsetSeconds(200)).toBeCloseTo(0.501, 12);
  });

  it('gains a correction at the slew rate and then stops', () => {
    const clock = new VirtualClock(0, true);
    clock.slew(0, 0, -0.01, 1e-3);
    expect(clock.readOffsetSeconds(5)).toBeCloseTo(-0.005, 12);
    expect(clock.rateAt(5)).toBe(-1e-3);
    expect(clock.readOffsetSeconds(50)).toBeCloseTo(-0.01, 12);
    expect(clock.rateAt(50)).toBe(0);
  });

  it('forgets what was not yet slewed when it is told anew', () => {
    const clock = new VirtualClock(0, true);
    clock.slew(0, 0, 1, 1e-3);
    clock.slew(100, 0, 0, 0);
    expect(clock.readOffsetSeconds(500)).toBeCloseTo(0.1, 12);
  });

  it('steps, and counts it', () => {
    const clock = new VirtualClock(0, true);
    clock.step(10, 3, 1e-6);
    expect(clock.readOffsetSeconds(10)).toBe(3);
    expect(clock.readOffsetSeconds(1_000_010)).toBeCloseTo(4, 9);
    expect([clock.steps, clock.stepsSecondsTotal]).toEqual([1, 3]);
  });

  it('shows what other hands did, and keeps it when they let go', () => {
    const clock = new VirtualClock(0, true);
    clock.stepByOther(2);
    clock.slewByOther(10, 0.08);
    expect(clock.readOffsetSeconds(11)).toBeCloseTo(2.08, 12);
    expect(clock.foreignRate).toBe(0.08);
    clock.slewByOther(11, 0);
    expect(clock.readOffsetSeconds(99)).toBeCloseTo(2.08, 12);
    expect(clock.foreignOffset(99)).toBeCloseTo(2.08, 12);
  });

  it('cannot be moved in mode none', () => {
    const clock = new VirtualClock(0, false);
    expect([clock.canStep, clock.canSlew]).toEqual([false, false]);
  });

  it('remembers the errors that were stated', () => {
    const clock = new VirtualClock(0, true);
    clock.setErrors(1e-3, 1e-5, true);
    expect(clock.maximumErrorSeconds).toBe(1e-3);
    expect(clock.estimatedErrorSeconds).toBe(1e-5);
    expect(clock.synchronised).toBe(true);
  });
});
