import { describe, expect, it } from 'vitest';
import { ObservedClock } from '../../../../src/daemon/clock/observed-clock.ts';
import { LocalTimescale } from '../../../../src/native/local-timescale.ts';

describe('the observed clock', () => {
  it('is read and never changed', () => {
    const clock = new ObservedClock(new LocalTimescale());
    expect(Math.abs(clock.readOffsetSeconds())).toBeLessThan(0.01);
    expect(clock.canStep).toBe(false);
    expect(clock.canSlew).toBe(false);
    expect(() => clock.step()).toThrow();
    expect(() => clock.slew()).toThrow();
    clock.setErrors();
  });
});
