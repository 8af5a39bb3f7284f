import { describe, expect, it } from 'vitest';
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

  it('forgets everything when reset', () => {
    const filter = new ServerFilter();
    filter.add({ atLocal: 0, upSeconds: 1, downSeconds: -0.9, precisionSeconds: 1e-7, durationSeconds: 0.1 });
    filter.reset();
    expect(filter.predict(1, blankEstimate(-1))).toBe(false);
  });
});
