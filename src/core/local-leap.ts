import { type AbsoluteSeconds, wireSeconds } from './discipline/calendar.ts';
import { LeapSeconds, type LeapTable } from './discipline/leap.ts';

/** A step of the system clock is the leap second when it differs from a second by less than this. */
const TOLERANCE_SECONDS = 0.1;

/**
 * Leap seconds of the system clock where it is served and not kept by us. If the kernel or another program does the
 * leap, that is noticed; if nobody does, what is served does it on its own and stays a second apart until the system
 * clock is set by that second.
 */
export class LocalLeap {
  /** Served clock less system clock, whole seconds. */
  shiftSeconds = 0;
  readonly #leaps: LeapSeconds;

  constructor(table: LeapTable | null) {
    this.#leaps = new LeapSeconds(table);
  }

  /**
   * To be called at least once a second.
   *
   * @param system - the system clock.
   * @param steppedSeconds - by how much it was set since the last call.
   * @param vote - leap indicator that the kernel shows; only believed without a valid list.
   */
  update(system: AbsoluteSeconds, steppedSeconds: number, vote: number): void {
    const { event } = this.#leaps;
    if (this.shiftSeconds !== 0 && Math.abs(steppedSeconds - this.shiftSeconds) < TOLERANCE_SECONDS) {
      this.shiftSeconds = 0;
    } else if (event !== null && this.#leaps.dueSeconds !== Number.POSITIVE_INFINITY) {
      const isStepped = Math.abs(steppedSeconds + event.sign) < TOLERANCE_SECONDS;
      const isDue = system + this.shiftSeconds >= this.#leaps.dueSeconds;
      if (isStepped || isDue) this.#leaps.leap();
      if (isDue && !isStepped) this.shiftSeconds -= event.sign;
    }
    this.#leaps.consider(system + this.shiftSeconds, vote);
  }

  /** Leap indicator of the served clock. @param system - as for the last update. */
  indicator(system: AbsoluteSeconds): number {
    return this.#leaps.indicator(system + this.shiftSeconds);
  }

  /** Seconds until the leap second is due; Infinity when none is ahead. */
  dueInSeconds(system: AbsoluteSeconds): number {
    return this.#leaps.dueSeconds - system - this.shiftSeconds;
  }

  /** Midnight of the leap second that is ahead, NTP seconds; 0: none is. */
  get eventSeconds(): number {
    return this.sign === 0 ? 0 : wireSeconds(this.#leaps.event?.atSeconds ?? 0);
  }

  /** +1 a second is going to be inserted, −1 deleted, 0 neither. */
  get sign(): number {
    return this.#leaps.dueSeconds === Number.POSITIVE_INFINITY ? 0 : (this.#leaps.event?.sign ?? 0);
  }
}
