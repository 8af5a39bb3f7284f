import type { Candidate } from '../../src/core/selection/candidate.ts';

/** A fit source `offsetSeconds` off, sure to within `radiusSeconds`. */
export function candidate(
  key: string,
  offsetSeconds: number,
  radiusSeconds: number,
  change: Partial<Candidate> = {},
): Candidate {
  return {
    key,
    label: key,
    unfit: null,
    prefer: false,
    trust: false,
    require: false,
    atLocal: 0,
    lowSeconds: offsetSeconds - radiusSeconds,
    highSeconds: offsetSeconds + radiusSeconds,
    offsetSeconds,
    offsetSigmaSeconds: radiusSeconds / 100,
    frequency: 0,
    frequencySigma: 1e-8,
    covariance: 0,
    wander: 0,
    delaySeconds: radiusSeconds,
    roundTripSeconds: radiusSeconds,
    rootDelaySeconds: 0,
    rootDispersionSeconds: 0,
    stratum: 1,
    leap: 0,
    refid: 0,
    ...change,
  };
}
