import type { NodeResult } from './record.ts';
import type { Limits } from './scenario.ts';

/** A limit that a node did not keep. */
export interface Miss {
  node: string;
  /** Key of the limit as the file spells it. */
  limit: string;
  wanted: string;
  got: number;
}

/** Compares what a node did with its limits; an empty list is a pass. */
export function missesOf(node: string, limits: Limits, result: NodeResult): Miss[] {
  const misses: Miss[] = [];
  // NaN (nothing was measured) must miss, hence the negated comparisons.
  const atMost = (limit: string, most: number | undefined, got: number): void => {
    if (most !== undefined && !(got <= most)) misses.push({ node, limit, wanted: `≤ ${most}`, got });
  };
  const atLeast = (limit: string, least: number | undefined, got: number): void => {
    if (least !== undefined && !(got >= least)) misses.push({ node, limit, wanted: `≥ ${least}`, got });
  };
  const within = (limit: string, range: readonly [number, number] | undefined, got: number): void => {
    if (range === undefined || (got >= range[0] && got <= range[1])) return;
    misses.push({ node, limit, wanted: `${range[0]} … ${range[1]}`, got });
  };
  atMost('rms-offset', limits.rmsOffset, result.clock.rms);
  atMost('max-offset', limits.maxOffset, result.clock.max);
  atMost('p99-offset', limits.p99Offset, result.clock.p99);
  atMost('rms-frequency-ppm', limits.rmsFrequencyPpm, result.frequencyPpm.rms);
  atMost('first-estimate', limits.firstEstimate, result.firstEstimateSeconds);
  atMost('time-to-sync', limits.timeToSync, result.timeToSyncSeconds);
  // A node that was never synchronised stated no bound that could be wrong.
  if (result.synchronisedShare > 0) {
    atLeast('bound-coverage', limits.boundCoverage, result.bound.coverage);
    if (limits.boundCoverage < 1)
      atMost('uncovered-seconds', limits.uncoveredSeconds, result.bound.uncoveredSecondsMax);
  }
  atMost('bound-median', limits.boundMedian, result.bound.medianSeconds);
  within('sigma-2', limits.sigma2, result.sigma.within2);
  atLeast('sigma-4', limits.sigma4, result.sigma.within4);
  within('sigma-rms', limits.sigmaRms, result.sigma.rmsRatio);
  atMost('sigma-excursion-polls', limits.sigmaExcursionPolls, result.sigma.excursionSecondsMax / result.pollSeconds);
  atMost('packets-max', limits.packetsMax, result.packets);
  within('synchronised-share', limits.synchronisedShare, result.synchronisedShare);
  atMost('steps-max', limits.stepsMax, result.steps);
  return misses;
}
