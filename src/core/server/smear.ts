import { differenceSeconds } from '../../protocol/timestamp.ts';

/**
 * Leap smear: a listener's clients never see a leap second, but a clock that runs a little slower or faster for a while
 * (protocol.md §11). The addon smears T2, T3 and remembered stamps (addon/smear.h); this is the same arithmetic for what
 * TypeScript fills in and for simulations, and a test holds the two together.
 */
export const SMEAR_NONE = 0;
/** From noon to noon UTC around the leap, at an even rate of 11.6 ppm, as Google and AWS do it. */
export const SMEAR_LINEAR = 1;
/** From the leap on, at a rate that rises to 32 ppm and falls again within 62,500 s, as chrony is often set up. */
export const SMEAR_SLEW = 2;
export type SmearKind = typeof SMEAR_NONE | typeof SMEAR_LINEAR | typeof SMEAR_SLEW;

const DAY_SECONDS = 86_400;
const HALF_DAY_SECONDS = 43_200;
const SLEW_SECONDS = 62_500;

/** A leap second as the time page carries it, from the noon before until no smear needs it any more. */
export interface SmearEvent {
  /** NTP seconds of the UTC midnight at which it happens. */
  readonly eventSeconds: number;
  /** +1 inserted, −1 deleted, 0: there is none. */
  readonly sign: number;
  /** Whether the clock that is asked about has done the leap already. */
  readonly applied: boolean;
}

/** Seconds from the midnight of the event, on a count that knows no leap. */
function continuousSeconds(event: SmearEvent, seconds: number, fraction: number): number {
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

/** Within this of the leap it is no longer taken back. */
const LEAP_SECONDS = 1;

/** The last instant, on the count that knows no leap, at which any smear still runs, from the event on. */
const SMEAR_END_SECONDS = SLEW_SECONDS;

/**
 * Follows leap seconds for the time page: keeps one until every smear of it has ended, notices when the served clock has
 * done it, and whether it was learned only after a smear should have begun: then there is no smear, which would begin
 * with a jump, and smeared listeners say that they do not know the time until it would have ended.
 */
export class SmearKeeper implements SmearEvent {
  eventSeconds = 0;
  sign = 0;
  applied = false;
  /** The linear smear should have begun before the leap second was known. */
  isLate = false;

  /**
   * To be called at each publication.
   *
   * @param seconds - the served clock, with `fraction`.
   * @param jumpSeconds - how far it jumped since the last publication beyond what that promised.
   * @param leapSeconds - midnight of the leap second that is announced; `leapSign` 0: none is.
   */
  update(seconds: number, fraction: number, jumpSeconds: number, leapSeconds: number, leapSign: number): void {
    if (this.sign !== 0 && !this.applied && Math.abs(jumpSeconds + this.sign) < 0.5) this.applied = true;
    if (this.sign === 0 && leapSign !== 0) {
      this.eventSeconds = leapSeconds;
      this.sign = leapSign;
      this.applied = false;
      this.isLate = isSmearing(SMEAR_LINEAR, this, seconds, fraction);
    } else if (this.sign !== 0) {
      const since = continuousSeconds(this, seconds, fraction);
      const revoked = leapSign === 0 && !this.applied && since < -LEAP_SECONDS;
      if (revoked || since > SMEAR_END_SECONDS || since < -SMEAR_END_SECONDS * 2) this.forget();
    }
  }

  private forget(): void {
    this.sign = 0;
    this.applied = false;
    this.isLate = false;
  }
}
