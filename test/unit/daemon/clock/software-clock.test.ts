import { describe, expect, it } from 'vitest';
import { SoftwareClock } from '../../../../src/daemon/clock/software-clock.ts';

describe('the software clock', () => {
  it('starts as the local timescale', () => {
    expect(new SoftwareClock().readOffsetSeconds(1000)).toBe(0);
  });

  it('runs at the frequency of its last step', () => {
    const clock = new SoftwareClock();
    clock.step(10, -2, 1e-4);
    expect(clock.readOffsetSeconds(10)).toBe(-2);
    expect(clock.readOffsetSeconds(110)).toBeCloseTo(-2 + 0.01, 12);
  });

  it('gains what it is slewed by, and no more', () => {
    const clock = new SoftwareClock();
    clock.slew(0, 0, 0.001, 1e-4);
    expect(clock.readOffsetSeconds(5)).toBeCloseTo(0.0005, 12);
    expect(clock.readOffsetSeconds(10)).toBeCloseTo(0.001, 12);
    expect(clock.readOffsetSeconds(1000)).toBeCloseTo(0.001, 12);
  });

  it('forgets the rest of a slew when another begins', () => {
    const clock = new SoftwareClock();
    clock.slew(0, 0, 1, 0.01);
    clock.slew(10, 0, -0.1, 0.01);
    expect(clock.readOffsetSeconds(10)).toBeCloseTo(0.1, 12);
    expect(clock.readOffsetSeconds(100)).toBeCloseTo(0, 12);
  });

  it('slews no faster than it can', () => {
    const clock = new SoftwareClock();
    clock.slew(0, 0, 1, 5);
    expect(clock.readOffsetSeconds(1)).toBeCloseTo(0.1, 12);
  });
});
