import { addSeconds, type Timestamp } from '../protocol/timestamp.ts';
import type { Scenario } from './scenario.ts';

/** A leap second is announced on its UTC day (RFC 5905 figure 9). */
const LEAP_NOTICE_SECONDS = 86_400;

/** True UTC of a world: seconds since its beginning run on, UTC has leap seconds. */
export class Timescale {
  readonly #start: number;
  readonly #leaps: Scenario['leaps'];

  constructor(scenario: Pick<Scenario, 'start' | 'leaps'>) {
    this.#start = scenario.start;
    this.#leaps = scenario.leaps;
  }

  /** NTP seconds of the world's beginning. */
  get startSeconds(): number {
    return this.#start;
  }

  /** UTC less the seconds since the beginning: −1 after an inserted second, +1 after a deleted one. */
  leapOffset(trueSeconds: number): number {
    let offset = 0;
    for (const leap of this.#leaps) if (trueSeconds >= leap.at) offset -= leap.sign;
    return offset;
  }

  /** Leap indicator that a truthful server shows. */
  leapIndicator(trueSeconds: number): 0 | 1 | 2 {
    for (const leap of this.#leaps) {
      if (trueSeconds < leap.at && trueSeconds >= leap.at - LEAP_NOTICE_SECONDS) return leap.sign > 0 ? 1 : 2;
    }
    return 0;
  }

  /** The NTP time that a clock shows which is `aheadSeconds` ahead of UTC; the leap offset is the caller's to give. */
  stamp(trueSeconds: number, aheadSeconds: number, out: Timestamp): void {
    // In two sums, because the words resolve 0.2 ns and a double of a day's seconds does not resolve much more.
    addSeconds(this.#start, 0, trueSeconds, out);
    addSeconds(out.seconds, out.fraction, aheadSeconds, out);
  }
}
