import { differenceSeconds } from '../../protocol/timestamp.ts';

/**
 * Leap smear: a listener's clients never see a leap second, but a clock that runs a little slower or faster for a while.
 * The addon smears T2, T3 and remembered stamps (addon/smear.h); this is the same arithmetic for what
 * TypeScript fills in and for simulations, and a test holds the two together.
 */
export const SMEAR_NONE = 0;
/** From noon to noon UTC around the leap, at an even rate of 11.6 ppm, as Google and AWS do it. */
export const SMEAR_LINEAR = 1;
/** From the leap on, at a rate that rises to 32 ppm and falls again within 62,500 s, as chrony is often set up. */
export const SMEAR_SLEW = 2;
export type SmearKind = typeof SMEAR_NONE | typeof SMEAR_LINEAR | typeof SMEAR_SLEW;

/** The smear is as it should be. */
export const SMEAR_ON_TIME = 0;
/** Learned after the linear smear should have begun: beginning it now would be a jump. */
export const SMEAR_LATE = 1;
/** Nobody knows whether there was a leap second, nor therefore where a smear of either kind would stand. */
export const SMEAR_UNKNOWN = 2;
/** Taken back when the linear smear had begun: going back to the served clock would be a jump. There is no leap second. */
export const SMEAR_TAKEN_BACK = 3;
export type SmearLateness = typeof SMEAR_ON_TIME | typeof SMEAR_LATE | typeof SMEAR_UNKNOWN | typeof SMEAR_TAKEN_BACK;

/** Less than this is not told from what a source may be off anyway. */
const VISIBLE_SECONDS = 5e-3;
const DAY_SECONDS = 86_400;
const HALF_DAY_SECONDS = 43_200;
/** How long the slewed smear takes, from the leap on. */
export const SLEW_SECONDS = 62_500;

/** A leap second as the time page carries it, from the noon before until no smear needs it any more. */
export interface SmearEvent {
  /** NTP seconds of the UTC midnight at which it happens. */
  readonly eventSeconds: number;
  /** +1 inserted, −1 deleted, 0: there is none. */
  readonly sign: number;
  /** Whether the clock that is asked about has done the leap already. */
  readonly applied: boolean;
}

/**
 * How far clocks that are smeared, of either kind, are ahead of the served clock at an instant of it, in seconds; empty
 * while none can be told from the time.
 */
export function smearedOffsets(event: SmearEvent, seconds: number, fraction: number): readonly number[] {
  const kinds = [SMEAR_LINEAR, SMEAR_SLEW] as const;
  return kinds
    .map((kind) => smearOffsetSeconds(kind, event, seconds, fraction))
    .filter((offset) => Math.abs(offset) > VISIBLE_SECONDS);
}

/** Whether a kind of smear does not take place. */
export function isWithheld(kind: SmearKind, lateness: number): boolean {
  return lateness > (kind === SMEAR_LINEAR ? SMEAR_ON_TIME : SMEAR_LATE);
}

/** Whether listeners of a kind say that they do not know the time while their smear would last. */
export function isUntold(kind: SmearKind, lateness: number): boolean {
  return isWithheld(kind, lateness) && (kind === SMEAR_LINEAR || lateness !== SMEAR_TAKEN_BACK);
}

/** Seconds from the midnight of the event, on a count that knows no leap. */
export function continuousSeconds(event: SmearEvent, seconds: number, fraction: number): number {
  return differenceSeconds(seconds, fraction, event.eventSeconds, 0) + (event.applied ? event.sign : 0);
}

/** What a smeared clock shows less what the served clock shows at an instant of it, in seconds. */
export function smearOffsetSeconds(kind: SmearKind, event: SmearEvent, seconds: number, fraction: number): number {
  const { sign, applied } = event;
  if (kind === SMEAR_NONE || sign === 0) return 0;
  const since = continuousSeconds(event, seconds, fraction);
  const undone = applied ? sign : 0;
  if (kind === SMEAR_LINEAR) {
    const total = DAY_SECONDS + sign;
    return undone - (sign * Math.min(Math.max(since + HALF_DAY_SECONDS, 0), total)) / total;
  }
  return undone - sign * slewShare((since + (sign < 0 ? 1 : 0)) / SLEW_SECONDS);
}

/** How much of the second is done at a share of the time. */
function slewShare(x: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  return x < 0.5 ? 2 * x * x : 1 - 2 * (1 - x) * (1 - x);
}

/** Whether an instant of the served clock lies within the smear. */
export function isSmearing(kind: SmearKind, event: SmearEvent, seconds: number, fraction: number): boolean {
  if (kind === SMEAR_NONE || event.sign === 0) return false;
  const since = continuousSeconds(event, seconds, fraction);
  if (kind === SMEAR_LINEAR) return since > -HALF_DAY_SECONDS && since < HALF_DAY_SECONDS + event.sign;
  const begin = event.sign < 0 ? -1 : 0;
  return since > begin && since < begin + SLEW_SECONDS;
}
