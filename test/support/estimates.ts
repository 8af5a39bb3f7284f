import type { Estimate } from '../../src/core/estimation/estimate.ts';

/** An estimate that nobody has filled in. */
export function blankEstimate(atLocal = 0): Estimate {
  return {
    atLocal,
    offsetSeconds: 0,
    offsetSigmaSeconds: 0,
    frequency: 0,
    frequencySigma: 0,
    covariance: 0,
    wander: 0,
    delayFloorSeconds: 0,
    jitterSeconds: 0,
  };
}
