import { absoluteOfWire, endOfDay, isLeapDay, wireSeconds } from '../discipline/calendar.ts';
import {
  continuousSeconds,
  isSmearing,
  SLEW_SECONDS,
  SMEAR_LATE,
  SMEAR_LINEAR,
  SMEAR_ON_TIME,
  SMEAR_TAKEN_BACK,
  SMEAR_UNKNOWN,
  type SmearEvent,
  type SmearLateness,
} from './smear.ts';

/** Within this of the leap it is no longer taken back, seconds; a wake-up may be late by some of it. */
const LEAP_GUARD_SECONDS = 1.5;
/** Smears of a day begin so long before its end. */
const HALF_DAY_SECONDS = 43_200;

/** What was served about the end of a day. */
export interface SmearRecord {
  /** +1 inserted, −1 deleted, 0: no leap second. */
  readonly sign: number;
  readonly lateness: Exclude<SmearLateness, typeof SMEAR_TAKEN_BACK>;
}

/** What outlasts the process: the list of leap seconds, and what was served about the last day that could have one. */
export interface SmearMemory {
  /** What is known about the UTC midnight of these NTP seconds; null: nothing. */
  recall(eventSeconds: number): SmearRecord | null;
  /** Called when what is served about a midnight changes. */
  remember(eventSeconds: number, record: SmearRecord): void;
}

const FORGETFUL: SmearMemory = { recall: () => null, remember: () => {} };

/**
 * Follows leap seconds for the time page: keeps one until every smear of it has ended, notices when the served clock has
 * done it, and whether it was learned only after a smear should have begun: then there is no smear, which would begin
 * with a jump, and smeared listeners say that they do not know the time until it would have ended. Likewise when it is
 * taken back within a smear.
 *
 * What is served first after a start goes on where the process before stood: on the line, if the memory knows of the
 * leap second; without time, where it cannot know.
 */
export class SmearKeeper implements SmearEvent {
  eventSeconds = 0;
  sign = 0;
  applied = false;
  lateness: SmearLateness = SMEAR_ON_TIME;
  private readonly memory: SmearMemory;
  private isServing = false;
  private rememberedSeconds = 0;

  constructor(memory: SmearMemory = FORGETFUL) {
    this.memory = memory;
  }

  /**
   * To be called at each publication.
   *
   * @param seconds - the served clock, with `fraction`.
   * @param leapSeconds - midnight of the leap second that is ahead of the served clock; `leapSign` 0: none is.
   * @param hasTime - whether anyone is told the time now, rather than that we do not know it.
   */
  update(seconds: number, fraction: number, leapSeconds: number, leapSign: number, hasTime: boolean): void {
    if (this.sign !== 0) this.follow(seconds, fraction, leapSign);
    if (this.sign === 0 && leapSign !== 0) this.begin(seconds, fraction, leapSeconds, leapSign, hasTime);
    else if (this.sign === 0 && hasTime && !this.isServing) this.resume(seconds);
    if (hasTime && !this.isServing) this.isServing = true;
    if (this.sign === 0 && hasTime) this.noteAbsence(seconds);
  }

  private follow(seconds: number, fraction: number, leapSign: number): void {
    if (this.lateness === SMEAR_TAKEN_BACK) {
      this.followAbsence(seconds, fraction, leapSign);
      return;
    }
    let since = continuousSeconds(this, seconds, fraction);
    if (leapSign === 0 && !this.applied) {
      // It is not ahead any more: done, or taken back.
      if (since >= -LEAP_GUARD_SECONDS) this.applied = true;
      else if (isSmearing(SMEAR_LINEAR, this, seconds, fraction)) this.takeBack();
      else this.forget();
      since = continuousSeconds(this, seconds, fraction);
    }
    if (since > SLEW_SECONDS || since < -2 * SLEW_SECONDS) this.forget();
  }

  private takeBack(): void {
    this.lateness = SMEAR_TAKEN_BACK;
    this.rememberedSeconds = this.eventSeconds;
    this.memory.remember(this.eventSeconds, { sign: 0, lateness: SMEAR_ON_TIME });
  }

  /** After a leap second was taken back: until a smear of it would have ended, or until it is announced again. */
  private followAbsence(seconds: number, fraction: number, leapSign: number): void {
    if (!isSmearing(SMEAR_LINEAR, this, seconds, fraction)) {
      this.forget();
    } else if (leapSign !== 0) {
      this.sign = leapSign;
      this.lateness = SMEAR_LATE;
      this.remember();
    }
  }

  /** A leap second was learned of. Before anyone was told the time it is never too late for the line. */
  private begin(seconds: number, fraction: number, leapSeconds: number, leapSign: number, hasTime: boolean): void {
    if (!hasTime && !this.isServing) return;
    this.eventSeconds = leapSeconds;
    this.sign = leapSign;
    this.applied = false;
    const isWithin = isSmearing(SMEAR_LINEAR, this, seconds, fraction);
    const served = this.isServing ? { sign: 0, lateness: SMEAR_ON_TIME } : this.memory.recall(leapSeconds);
    const wasOnLine = served === null || (served.sign === leapSign && served.lateness === SMEAR_ON_TIME);
    this.lateness = isWithin && !wasOnLine ? SMEAR_LATE : SMEAR_ON_TIME;
    this.remember();
  }

  /** The first time that is told: is a smear going on whose leap second was before our start? */
  private resume(seconds: number): void {
    const now = absoluteOfWire(seconds);
    const midnight = endOfDay(now) - 86_400;
    if (now - midnight > SLEW_SECONDS || !isLeapDay(midnight - 1)) return;
    const known = this.memory.recall(wireSeconds(midnight));
    if (known?.sign === 0) return;
    this.eventSeconds = wireSeconds(midnight);
    this.sign = known?.sign ?? 1;
    this.lateness = known?.lateness ?? SMEAR_UNKNOWN;
    this.applied = true;
  }

  /** That there is no leap second is worth remembering too, once a smear of it would have begun. */
  private noteAbsence(seconds: number): void {
    const now = absoluteOfWire(seconds);
    const midnight = endOfDay(now);
    if (midnight - now > HALF_DAY_SECONDS || !isLeapDay(now)) return;
    const eventSeconds = wireSeconds(midnight);
    if (this.rememberedSeconds === eventSeconds) return;
    this.rememberedSeconds = eventSeconds;
    this.memory.remember(eventSeconds, { sign: 0, lateness: SMEAR_ON_TIME });
  }

  private remember(): void {
    this.rememberedSeconds = 0;
    const { sign, lateness } = this;
    if (lateness !== SMEAR_TAKEN_BACK) this.memory.remember(this.eventSeconds, { sign, lateness });
  }

  private forget(): void {
    this.sign = 0;
    this.applied = false;
    this.lateness = SMEAR_ON_TIME;
  }
}
