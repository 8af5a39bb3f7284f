import { describe, expect, it } from 'vitest';
import { MonoRate } from '../../../src/daemon/mono-rate.ts';

describe('the rate of the local timescale', () => {
  it('is measured over a growing span, readings being off by some nanoseconds', () => {
    const rate = new MonoRate();
    let ratio = 1;
    for (let i = 0; i <= 800; i++) {
      const mono = i / 4;
      const error = i % 2 === 0 ? 30e-9 : -30e-9;
      ratio = rate.update(mono, mono * (1 - 37e-9) + error);
    }
    expect(ratio - 1).toBeCloseTo(-37e-9, 8);
  });

  it('is taken from the last interval when somebody slews the system clock', () => {
    const rate = new MonoRate();
    let local = 0;
    for (let i = 1; i <= 40; i++) {
      rate.update(i / 4, local);
      local += 0.25;
    }
    local += 0.25 * 500e-6;
    expect(rate.update(41 / 4, local) - 1).toBeCloseTo(500e-6, 7);
    expect(rate.update(42 / 4, local + 0.25 * (1 + 500e-6)) - 1).toBeCloseTo(500e-6, 7);
  });

  it('is known at once when we have changed it ourselves', () => {
    const rate = new MonoRate();
    rate.update(0, 0);
    rate.update(0.25, 0.25);
    rate.changed(0.9995, 0.3, 0.3);
    expect(rate.update(0.55, 0.3 + 0.25 * 0.9995)).toBe(0.9995);
  });

  it('does not divide by a span of nothing', () => {
    const rate = new MonoRate();
    rate.update(1, 1);
    expect(rate.update(1, 1.5)).toBe(1);
  });
});
