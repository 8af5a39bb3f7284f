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
 * @param voters - all that have a say, falsetickers too: the middle is theirs, because when only just enough agree the
 *   truechimers alone may be two against two, and a right one may have been left out by a hair.
 * @param incumbents - keys of the last survivors; they leave later than others enter, so that nothing hops.
 * @returns at least one of `truechimers`.
 */
export function findSurvivors(
  truechimers: readonly Candidate[],
  voters: readonly Candidate[],
  region: Region,
  incumbents: ReadonlySet<string>,
): readonly Candidate[] {
  const allowance = (one: Candidate): number => (incumbents.has(one.key) ? INCUMBENT_ALLOWANCE : 1);
  const near = nearTheMiddle(truechimers, voters, allowance);
  const possible = near.filter(
    (one) => outside(region, one.offsetSeconds) <= OUTSIDE_SIGMAS * allowance(one) * one.offsetSigmaSeconds,
  );
  if (possible.length > 0) return possible;
  return truechimers.length === 2 ? [mostPrecise(truechimers)] : near;
}

/**
 * Those near the middle of all voters. The region must not come first: liars with narrow intervals would cut it to
 * their own measure, and the right ones would be outside.
 */
function nearTheMiddle(
  truechimers: readonly Candidate[],
  voters: readonly Candidate[],
  allowance: (one: Candidate) => number,
): readonly Candidate[] {
  if (voters.length < 3) return truechimers;
  const middle = median(voters.map((one) => one.offsetSeconds));
  const scale = MAD_TO_SIGMA * median(voters.map((one) => Math.abs(one.offsetSeconds - middle)));
  const near = truechimers.filter((one) => {
    const limit = APART_SIGMAS * allowance(one) * Math.sqrt(offsetVariance(one) + scale ** 2);
    return Math.abs(one.offsetSeconds - middle) <= limit;
  });
  return near.length > 0 ? near : truechimers;
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
