import type { TrackingOutput } from './coordinator-output.ts';
import type { LocalSeconds } from './ports.ts';
import type { Chosen } from './selection/select.ts';
import type { Truth } from './truth.ts';

/** What an update found of the clock, seconds; positive: it was behind. */
export interface Correction {
  /** By how much what is served moved; null for the first update. */
  readonly offsetSeconds: number | null;
  /** What was still left of the correction before. */
  readonly remainingSeconds: number;
  readonly correctionSeconds: number;
}

/** One update of the clock, for the log. */
export function describeTracking(
  nowLocal: LocalSeconds,
  chosen: Chosen,
  truth: Truth,
  correction: Correction,
): TrackingOutput {
  const { stratum, leap, rootDelaySeconds, rootDispersionSeconds } = truth.variables;
  return {
    kind: 'tracking',
    atLocal: nowLocal,
    address: chosen.systemPeer.label,
    stratum,
    leap,
    frequencyPpm: chosen.frequency * 1e6,
    frequencySigmaPpm: chosen.frequencySigma * 1e6,
    ...correction,
    sourcesCombined: chosen.survivors.length,
    offsetSigmaSeconds: chosen.offsetSigmaSeconds,
    rootDelaySeconds,
    rootDispersionSeconds,
    maximumErrorSeconds: truth.maximumErrorAt(nowLocal),
  };
}
