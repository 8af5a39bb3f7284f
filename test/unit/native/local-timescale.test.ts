import { describe, expect, it } from 'vitest';
import { LocalTimescale } from '../../../src/native/local-timescale.ts';
import { UNIX_EPOCH_NTP_SECONDS } from '../../../src/protocol/timestamp.ts';

describe('the local timescale', () => {
  it('starts at 0 with the time of the system clock', () => {
    const timescale = new LocalTimescale();
    expect(timescale.sampled).toBe(0);
    expect(Math.abs(timescale.epoch.seconds - UNIX_EPOCH_NTP_SECONDS - Date.now() / 1000)).toBeLessThan(5);
    expect(Math.abs(timescale.systemOffset())).toBeLessThan(1e-6);
  });

  it('moves on and never back', () => {
    const timescale = new LocalTimescale();
    let last = 0;
    for (let i = 0; i < 100; i++) {
      const now = timescale.sample();
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
    }
    expect(last).toBeLessThan(60);
  });

  it('converts readings of the raw clock', () => {
    const timescale = new LocalTimescale();
    const raw = timescale.originSeconds;
    expect(timescale.localAt(Math.floor(raw) + 10, Math.round((raw % 1) * 1e9))).toBeCloseTo(10, 6);
  });

  it('is wrong in the way it is asked to be', () => {
    const timescale = new LocalTimescale({ offsetSeconds: -1.5, frequency: 1e-4 });
    expect(timescale.systemOffset()).toBeCloseTo(1.5, 6);
    expect(timescale.rate).toBe(1.0001);
    const raw = Math.floor(timescale.originSeconds);
    expect(timescale.localAt(raw + 2000, 0) - timescale.localAt(raw + 1000, 0)).toBeCloseTo(1000.1, 6);
  });

  it('names the boot', () => {
    expect(new LocalTimescale().bootId).toBe(new LocalTimescale().bootId);
  });
});
