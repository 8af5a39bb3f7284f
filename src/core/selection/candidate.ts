import type { LocalSeconds } from '../ports.ts';

/** Why a source cannot take part in the selection, as a closed list. */
export const UNFIT_REASONS = [
  /** No sample yet, or fewer than a first selection needs. */
  'no-samples',
  /** Taken offline by the operator. */
  'offline',
  /** Eight polls without an answer. */
  'unreachable',
  /** It says that it is not synchronised. */
  'unsynchronised',
  /** It follows us. */
  'loop',
  /** Its time is not UTC while it smears a leap second. */
  'smearing',
  /** Its stratum is above max-stratum. */
  'stratum',
  /** It refused service (an authentic DENY or RSTR). */
  'denied',
  /** Its root distance is above max-distance. */
  'distance',
  /** The operator said `noselect`. */
  'noselect',
] as const;

export type UnfitReason = (typeof UNFIT_REASONS)[number];

/** A source of any kind as selection sees it at one instant; all times as in `Estimate`. */
export interface Candidate {
  /** Unique and stable; decides between equals, so that the order of the sources does not matter. */
  readonly key: string;
  /** For people: the address, or the name of a reference clock. */
  readonly label: string;
  readonly unfit: UnfitReason | null;
  readonly prefer: boolean;
  readonly trust: boolean;
  readonly require: boolean;
  readonly atLocal: LocalSeconds;
  /** Correctness interval of true time less (epoch + local time). */
  readonly lowSeconds: number;
  readonly highSeconds: number;
  readonly offsetSeconds: number;
  readonly offsetSigmaSeconds: number;
  readonly frequency: number;
  readonly frequencySigma: number;
  readonly covariance: number;
  readonly wander: number;
  /** Smallest round trip believed possible, and the shortest of late; then the source's own root delay. */
  readonly delaySeconds: number;
  readonly roundTripSeconds: number;
  readonly rootDelaySeconds: number;
  /** The source's own root dispersion when it last answered. */
  readonly rootDispersionSeconds: number;
  readonly stratum: number;
  readonly leap: number;
  /** What our refid is when this is the system peer. */
  readonly refid: number;
}

/** Largest error of the source's offset at the candidate's time. */
export function rootDistance(candidate: Candidate): number {
  return Math.max(candidate.offsetSeconds - candidate.lowSeconds, candidate.highSeconds - candidate.offsetSeconds);
}
