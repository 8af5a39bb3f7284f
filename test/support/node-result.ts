import type { NodeResult } from '../../src/simulate/record.ts';

/** A node that did well. */
export function goodResult(): NodeResult {
  const summary = { rms: 1e-6, max: 3e-6, mean: 0, p50: 5e-7, p95: 2e-6, p99: 2.5e-6 };
  return {
    clock: { ...summary },
    served: { ...summary },
    frequencyPpm: { ...summary, rms: 0.01 },
    believedFrequencyPpm: { ...summary },
    firstEstimateSeconds: 8,
    timeToSyncSeconds: 8,
    synchronisedShare: 1,
    bound: { coverage: 1, medianSeconds: 1e-4, uncoveredSecondsMax: 0 },
    sigma: { within2: 0.95, within4: 1, rmsRatio: 1, excursionSecondsMax: 0 },
    packets: 600,
    pollSeconds: 64,
    steps: 1,
    ends: 0,
  };
}
