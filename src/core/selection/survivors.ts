import type { Candidate } from './candidate.ts';
import { offsetVariance } from './combine.ts';
import { outside, type Region } from './intersect.ts';

/** How far an estimate may lie outside of what all truechimers agree on, in its own σ. */
const OUTSIDE_SIGMAS = 4;
/** How far it may lie from the middle of the others, in σ of both, and more for who was in already. */
const APART_SIGMAS = 4;
const INCUMBENT_ALLOWANCE = 1.5;
/** From the median absolute deviation to σ of a normal distribution. */
const MAD_TO_SIGMA = 1.4826;

/**
 * Truechimers whose estimate is worth combining (the cluster algorithm's task, RFC 5905 §11.2.2): a wide interval
 * may hold the truth while its middle is far from it.
 *
 * @param incumbents - keys of the last survivors; they leave later than others enter, so that nothing hops.
 * @returns at least one of `truechimers`.
 */
export function findSurvivors(
  truechimers: readonly Candidate[],
  region: Region,
  incumbents: ReadonlySet<string>,
): readonly Candidate[] {
  const allowance = (one: Candidate): number => (incumbents.has(one.key) ? INCUMBENT_ALLOWANCE : 1);
  const possible = truechimers.filter(
    (one) => outside(region, one.offsetSeconds) <= OUTSIDE_SIGMAS * allowance(one) * one.offsetSigmaSeconds,
  );
  const among = possible.length > 0 ? possible : truechimers;
  if (among.length < 3) return among.length === 2 && possible.length === 0 ? [mostPrecise(among)] : among;
  const middle = median(among.map((one) => one.offsetSeconds));
  const scale = MAD_TO_SIGMA * median(among.map((one) => Math.abs(one.offsetSeconds - middle)));
  return among.filter((one) => {
    const limit = APART_SIGMAS * allowance(one) * Math.sqrt(offsetVariance(one) + scale ** 2);
    return Math.abs(one.offsetSeconds - middle) <= limit;
  });
}

function mostPrecise(candidates: readonly Candidate[]): Candidate {
  return candidates.reduce((best, one) => (offsetVariance(one) < offsetVariance(best) ? one : best));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] as number) + upper) / 2;
}
