import { LEAP_DELETE, LEAP_INSERT, LEAP_NONE, LEAP_UNKNOWN } from '../../protocol/header.ts';
import type { LeapEntry } from '../coordinator-options.ts';
import { SLEW_SECONDS } from '../server/smear.ts';
import { type AbsoluteSeconds, DAY_SECONDS, endOfDay, isLeapDay } from './calendar.ts';

/** Around the leap nobody can know what our clock shows: leap 3. */
const UNKNOWN_SECONDS = 1;
/** Samples within this of the leap are not used: servers and kernels do it at different moments. */
export const LEAP_GUARD_SECONDS = 5;

export interface LeapEvent {
  /** The UTC midnight at which it happens. */
  readonly atSeconds: AbsoluteSeconds;
  /** +1: a second is inserted before it, −1: the one before it is deleted. */
  readonly sign: number;
}

/** What goes over to a successor, which counts `shiftSeconds` from its own start. */
export interface LeapState {
  readonly event: LeapEvent | null;
  readonly isDone: boolean;
}

export interface LeapTable {
  readonly entries: readonly LeapEntry[];
  readonly expirySeconds: AbsoluteSeconds;
}

/**
 * Leap seconds: known from a leap-seconds.list while that is valid, else believed of a majority of the agreeing
 * sources; either way only on the last UTC day of June or December.
 */
export class LeapSeconds {
  /** The coming leap second, or the last one while `guards` still holds; null: none. */
  event: LeapEvent | null = null;
  /** What leap seconds have added to NTP time since the start (−1 for each one inserted). */
  shiftSeconds = 0;

  readonly #table: LeapTable | null;
  #isDone = false;
  #last: LeapEvent | null = null;

  /** @param before - what a predecessor on the same clock knew; null: there was none. */
  constructor(table: LeapTable | null, before: LeapState | null = null) {
    this.#table = table;
    if (before === null) return;
    this.event = before.event;
    this.#isDone = before.isDone;
  }

  /** For a successor on the same clock. */
  get state(): LeapState {
    return { event: this.event, isDone: this.#isDone };
  }

  /** Whether the list's word counts at an instant. */
  isTableValid(now: AbsoluteSeconds): boolean {
    return this.#table !== null && now < this.#table.expirySeconds;
  }

  /**
   * Decides about the end of this day.
   *
   * @param vote - leap indicator of the agreeing sources' majority; null: there is no selection, what is armed stays.
   * @returns true when the decision changed.
   */
  consider(now: AbsoluteSeconds, vote: number | null): boolean {
    if (this.event !== null && this.#isDone) {
      if (now < this.event.atSeconds + LEAP_GUARD_SECONDS) return false;
      this.event = null;
      this.#isDone = false;
    }
    const before = this.event?.sign ?? 0;
    const sign = this.#signToday(now, vote);
    if (sign === before) return false;
    this.event = sign === 0 ? null : { atSeconds: endOfDay(now), sign };
    return true;
  }

  /** The instant on our clock's own count at which the leap is done: a deleted second is skipped, not reached. */
  get dueSeconds(): AbsoluteSeconds {
    if (this.event === null || this.#isDone) return Number.POSITIVE_INFINITY;
    return this.event.atSeconds - (this.event.sign < 0 ? 1 : 0);
  }

  /** Does the leap: NTP time goes back or forth by a second. */
  leap(): void {
    if (this.event === null) return;
    this.shiftSeconds -= this.event.sign;
    this.#isDone = true;
    this.#last = this.event;
  }

  /** The leap second whose smear anybody may be showing, and whether our clock has done it; null: none. */
  smeared(now: AbsoluteSeconds): LeapState | null {
    if (this.event !== null) return this.state;
    const last = this.#last ?? this.#listedBefore(now);
    if (last === null || now < last.atSeconds || now > last.atSeconds + SLEW_SECONDS) return null;
    return { event: last, isDone: true };
  }

  /** Leap indicator to show at an instant, if we are synchronised. */
  indicator(now: AbsoluteSeconds): number {
    if (this.event === null) return LEAP_NONE;
    if (Math.abs(this.#distance(now)) <= UNKNOWN_SECONDS) return LEAP_UNKNOWN;
    if (this.#isDone) return LEAP_NONE;
    return this.event.sign > 0 ? LEAP_INSERT : LEAP_DELETE;
  }

  /** Whether samples of an instant are not to be used. */
  isNear(now: AbsoluteSeconds): boolean {
    return this.event !== null && Math.abs(this.#distance(now)) <= LEAP_GUARD_SECONDS;
  }

  /** Instants at which what we show changes, on our clock's count as it is now; after the leap from the end of it. */
  get turningPoints(): readonly AbsoluteSeconds[] {
    if (this.event === null) return [];
    const { atSeconds } = this.event;
    if (this.#isDone) return [atSeconds + UNKNOWN_SECONDS, atSeconds + LEAP_GUARD_SECONDS];
    return [this.dueSeconds - LEAP_GUARD_SECONDS, this.dueSeconds - UNKNOWN_SECONDS, this.dueSeconds];
  }

  /** Seconds from the leap; once an inserted second has begun, midnight is still a second away. */
  #distance(now: AbsoluteSeconds): number {
    if (this.event === null) return Number.POSITIVE_INFINITY;
    return now - (this.#isDone ? this.event.atSeconds : this.dueSeconds);
  }

  /** What the list says about the midnight that began this day. */
  #listedBefore(now: AbsoluteSeconds): LeapEvent | null {
    const atSeconds = endOfDay(now - DAY_SECONDS);
    const sign = this.#table === null || !this.isTableValid(atSeconds) ? 0 : signAt(this.#table.entries, atSeconds);
    return sign === 0 ? null : { atSeconds, sign };
  }

  #signToday(now: AbsoluteSeconds, vote: number | null): number {
    if (this.#table !== null && this.isTableValid(now))
      return isLeapDay(now) ? signAt(this.#table.entries, endOfDay(now)) : 0;
    if (vote === null) return this.event?.sign ?? 0;
    if (!isLeapDay(now)) return 0;
    if (vote === LEAP_INSERT) return 1;
    return vote === LEAP_DELETE ? -1 : 0;
  }
}

function signAt(entries: readonly LeapEntry[], atSeconds: AbsoluteSeconds): number {
  const index = entries.findIndex((entry) => entry.atSeconds === atSeconds);
  const entry = entries[index];
  const before = entries[index - 1];
  return entry === undefined || before === undefined ? 0 : entry.taiMinusUtc - before.taiMinusUtc;
}
