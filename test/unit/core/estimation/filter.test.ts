import { describe, expect, it } from 'vitest';
import type { Estimate } from '../../../../src/core/estimation/estimate.ts';
import { ServerFilter } from '../../../../src/core/estimation/filter.ts';
import { blankEstimate } from '../../../support/estimates.ts';

describe('a server’s filter', () => {
  it('has no estimate before its first sample, and leaves the result untouched', () => {
    const out = blankEstimate(-1);
    expect(new ServerFilter().predict(10, out)).toBe(false);
    expect(out).toEqual(blankEstimate(-1));
  });

  it('follows a line that samples without jitter lie on', () => {
    const filter = new ServerFilter();
    const out = blankEstimate(-1);
    for (let i = 0; i < 20; i++) {
      const at = 16 * i;
      const offset = 0.25 + 50e-6 * at;
      filter.add({
        atLocal: at,
        upSeconds: offset + 1e-3,
        downSeconds: 1e-3 - offset,
        precisionSeconds: 1e-7,
        durationSeconds: 2e-3,
      });
    }
    expect(filter.predict(320, out)).toBe(true);
    expect(Math.abs(out.offsetSeconds - 0.25 - 50e-6 * 320)).toBeLessThan(2e-6);
    expect(Math.abs(out.frequency - 50e-6)).toBeLessThan(1e-7);
    expect(out.delayFloorSeconds).toBeCloseTo(2e-3, 5);
  });

  it('knows the frequency from the first sample on when an earlier run left it, and drops it if it was wrong', () => {
    const start = (
      drift: { frequency: number; sigma: number } | null,
      frequency: number,
      samples: number,
    ): Estimate => {
      const filter = new ServerFilter(drift);
      const out = blankEstimate(-1);
      for (let i = 0; i < samples; i++) {
        const at = i < 5 ? 2 * i : 64 * (i - 4);
        const offset = 0.1 + frequency * at;
        const up = offset + 1e-3 + 1e-4 * ((i * 7) % 5);
        const down = 1e-3 - offset + 1e-4 * ((i * 3) % 5);
        filter.add({ atLocal: at, upSeconds: up, downSeconds: down, precisionSeconds: 1e-7, durationSeconds: 3e-3 });
      }
      filter.predict(out.atLocal, out);
      return out;
    };
    const drift = { frequency: 20e-6, sigma: 1e-8 };
    expect(Math.abs(start(drift, 20e-6, 2).frequency - 20e-6)).toBeLessThan(5e-6);
    expect(start(drift, 20e-6, 5).frequencySigma).toBeLessThan(0.5 * start(null, 20e-6, 5).frequencySigma);
    expect(Math.abs(start(drift, -80e-6, 9).frequency + 80e-6)).toBeLessThan(2e-6);
  });

  it('forgets everything when reset', () => {
    const filter = new ServerFilter();
    filter.add({ atLocal: 0, upSeconds: 1, downSeconds: -0.9, precisionSeconds: 1e-7, durationSeconds: 0.1 });
    filter.reset();
    expect(filter.predict(1, blankEstimate(-1))).toBe(false);
  });
});
