import { describe, expect, test } from 'vitest';
import { findStepPanic } from '../../../../src/core/discipline/step-limits.ts';

const options = {
  startupStepPanicThreshold: { forwardSeconds: Number.POSITIVE_INFINITY, backwardSeconds: 86_400 },
  singleStepPanicThreshold: { forwardSeconds: 1800, backwardSeconds: 100 },
  accumulatedStepPanicThreshold: { forwardSeconds: 3000, backwardSeconds: 3000 },
};
const fresh = { isStarted: false, accumulatedSeconds: 0 };
const running = { isStarted: true, accumulatedSeconds: 0 };

describe('panic thresholds', () => {
  test('the first step may be of any size forward, and a day backward', () => {
    expect(findStepPanic(1e9, fresh, options)).toBeNull();
    expect(findStepPanic(-86_400, fresh, options)).toBeNull();
    expect(findStepPanic(-86_401, fresh, options)).toBe(
      'backward by 86401.000 s is above startup-step-panic-threshold, 86400 s',
    );
  });

  test('later steps have their own limits, per direction', () => {
    expect(findStepPanic(1800, running, options)).toBeNull();
    expect(findStepPanic(1801, running, options)).toBe(
      'forward by 1801.000 s is above single-step-panic-threshold, 1800 s',
    );
    expect(findStepPanic(-101, running, options)).toMatch(/backward by 101.000 s is above single-step/);
  });

  test('so does their sum', () => {
    const spent = { isStarted: true, accumulatedSeconds: 2500 };
    expect(findStepPanic(500, spent, options)).toBeNull();
    expect(findStepPanic(501, spent, options)).toBe(
      'forward by 3001.000 s is above accumulated-step-panic-threshold, 3000 s',
    );
  });
});
