/** What a step measured, and whether it may be believed. */
import { HISTOGRAM_CELLS, Histogram, type Summary } from './histogram.ts';
import {
  type Counts,
  DISTRIBUTION_NAMES,
  type DistributionName,
  readCounts,
  SUMS_PER_DISTRIBUTION,
  sumCounts,
} from './layout.ts';

/** Everything one engine counted in one step, as the addon left it (layout.ts). */
export interface Counted {
  readonly counts: Float64Array;
  readonly sums: Float64Array;
  readonly cells: Uint32Array;
}

/** The same, to be read. */
export interface Tally {
  readonly counts: Counts;
  readonly histograms: Record<DistributionName, Histogram>;
}

export interface StepResult {
  readonly rate: number;
  readonly durationSeconds: number;
  /** False: the generator could not do what was asked, and nothing here says anything about the server. */
  readonly valid: boolean;
  /** Why it is invalid; empty when it is valid. */
  readonly invalidReasons: readonly string[];
  readonly sentPerSecond: number;
  readonly answersPerSecond: number;
  /** Requests without a proper reply in time, as a share of those sent. */
  readonly loss: number;
  readonly counts: Counts;
  readonly distributions: Record<DistributionName, Summary>;
  /** Values at CURVE_PERCENTS. */
  readonly curves: Record<DistributionName, number[]>;
}

/** A step is invalid when its requests left later than this share of its duration. */
const LATENESS_SHARE_MAX = 0.01;
/** ... or when more than this share of them could not be sent. */
const UNSENT_SHARE_MAX = 0.001;

/** Adds up what several engines counted in the same step. */
export function mergeCounted(parts: readonly Counted[]): Tally {
  const histograms = {} as Record<DistributionName, Histogram>;
  DISTRIBUTION_NAMES.forEach((name, i) => {
    const merged = new Histogram();
    for (const { cells, sums } of parts) {
      merged.add(
        Histogram.fromCounted(
          cells.subarray(i * 2 * HISTOGRAM_CELLS, (i + 1) * 2 * HISTOGRAM_CELLS),
          sums.subarray(i * SUMS_PER_DISTRIBUTION, (i + 1) * SUMS_PER_DISTRIBUTION),
        ),
      );
    }
    histograms[name] = merged;
  });
  return { counts: readCounts(sumCounts(parts.map(({ counts }) => counts))), histograms };
}

/** Requests answered as a client would want it, unsynchronised or not. */
export const answersOf = (counts: Counts): number => counts.answered + counts.unsynchronised;

/** Turns what was counted into a result, and says whether the generator did its part. */
export function judgeStep(tally: Tally, rate: number, durationSeconds: number): StepResult {
  const { counts, histograms } = tally;
  const reasons: string[] = [];
  const latenessLimitNs = durationSeconds * 1e9 * LATENESS_SHARE_MAX;
  const lateness = histograms.lateness.summary();
  if (lateness.max > latenessLimitNs) {
    reasons.push(
      `the generator was up to ${(lateness.max / 1e6).toFixed(1)} ms late, limit ${(latenessLimitNs / 1e6).toFixed(1)} ms`,
    );
  }
  if (counts.sendFailed > counts.due * UNSENT_SHARE_MAX) {
    reasons.push(`the interface refused ${counts.sendFailed} of ${counts.due} requests`);
  }
  if (counts.ringDrops > 0) reasons.push(`the generator missed ${counts.ringDrops} replies`);
  const answers = answersOf(counts);
  const summaries = {} as Record<DistributionName, Summary>;
  const curves = {} as Record<DistributionName, number[]>;
  for (const name of DISTRIBUTION_NAMES) {
    summaries[name] = histograms[name].summary();
    curves[name] = histograms[name].curve();
  }
  return {
    rate,
    durationSeconds,
    valid: reasons.length === 0,
    invalidReasons: reasons,
    sentPerSecond: counts.sent / durationSeconds,
    answersPerSecond: answers / durationSeconds,
    loss: counts.sent === 0 ? 0 : counts.lost / counts.sent,
    counts,
    distributions: summaries,
    curves,
  };
}
