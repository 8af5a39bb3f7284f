import type { ClockPort } from '../../../src/core/ports.ts';

/** RFC 5905 §11.3 and appendix A.5.5.6: the hybrid PLL/FLL with its states. */

const STEP_THRESHOLD = 0.128;
const STEPOUT_SECONDS = 900;
const FREQUENCY_MAX = 500e-6;
const PLL_GAIN = 16;
const FLL_GAIN = 18;
const AVERAGE = 4;
const ALLAN_SECONDS = 1500;
const POLL_LIMIT = 30;
const POLL_GATE = 4;

type State = 'unset' | 'preset' | 'frequency' | 'spike' | 'synchronised';

export class LocalClock {
  pollLog2: number;
  /** Whether an update was ever accepted. */
  synchronised = false;
  readonly #clock: ClockPort;
  readonly #pollMinLog2: number;
  readonly #pollMaxLog2: number;
  readonly #precision: number;
  #state: State;
  #frequency: number;
  #residual = 0;
  #last = 0;
  #jitter: number;
  #count = 0;
  #updatedAt = Number.NEGATIVE_INFINITY;

  constructor(
    clock: ClockPort,
    limits: { pollMinLog2: number; pollMaxLog2: number; precision: number; savedFrequency: number | null },
  ) {
    this.#clock = clock;
    this.#pollMinLog2 = limits.pollMinLog2;
    this.#pollMaxLog2 = limits.pollMaxLog2;
    this.#precision = limits.precision;
    this.#jitter = limits.precision;
    this.#state = limits.savedFrequency === null ? 'unset' : 'preset';
    this.#frequency = limits.savedFrequency ?? 0;
    this.pollLog2 = limits.pollMinLog2;
  }

  get frequency(): number {
    return this.#frequency;
  }

  /**
   * Takes a combined offset that was measured at `at`, which may be a while before `now`.
   *
   * @returns whether the clock was stepped.
   */
  update(offset: number, at: number, now: number): boolean {
    const since = at - this.#updatedAt;
    if (Math.abs(offset) > STEP_THRESHOLD) {
      if (this.#state === 'synchronised') {
        this.#state = 'spike';
        return false;
      }
      if ((this.#state === 'spike' || this.#state === 'frequency') && since < STEPOUT_SECONDS) return false;
      if (this.#state === 'frequency') this.#setFrequency((offset - this.#last) / since);
      this.#clock.step(now, offset, this.#frequency);
      this.#count = 0;
      this.pollLog2 = this.#pollMinLog2;
      this.#reset(this.#state === 'unset' ? 'frequency' : 'synchronised', now, 0, 0);
      return true;
    }
    const change = Math.max(Math.abs(offset - this.#last), this.#precision);
    this.#jitter = Math.sqrt(this.#jitter ** 2 + (change ** 2 - this.#jitter ** 2) / AVERAGE);
    switch (this.#state) {
      case 'unset':
        this.#reset('frequency', at, offset, 0);
        return false;
      case 'preset':
        this.#reset('synchronised', at, offset, offset);
        return false;
      case 'frequency':
        if (since < STEPOUT_SECONDS) return false;
        this.#setFrequency(this.#frequency + (offset - this.#last) / since);
        this.#reset('synchronised', at, offset, offset);
        return false;
    }
    this.#discipline(offset, since);
    this.#reset('synchronised', at, offset, offset);
    this.#adaptPoll(offset);
    return false;
  }

  /** Once a second: lets part of the residual flow into the clock. */
  adjust(now: number): void {
    const part = this.#residual / (PLL_GAIN * 2 ** this.pollLog2);
    this.#residual -= part;
    this.#clock.slew(now, this.#frequency + part, 0, 0);
  }

  #discipline(offset: number, since: number): void {
    const interval = 2 ** this.pollLog2;
    let frequency = this.#frequency;
    if (interval > ALLAN_SECONDS / 2) {
      const gain = Math.max(AVERAGE, FLL_GAIN - this.pollLog2);
      frequency += (offset - this.#residual) / (Math.max(since, ALLAN_SECONDS) * gain);
    }
    const constant = 4 * PLL_GAIN * interval;
    this.#setFrequency(frequency + (offset * Math.min(since, interval)) / (constant * constant));
  }

  #adaptPoll(offset: number): void {
    if (Math.abs(offset) < POLL_GATE * this.#jitter) {
      this.#count += this.pollLog2;
      if (this.#count <= POLL_LIMIT) return;
      this.#count = this.pollLog2 < this.#pollMaxLog2 ? 0 : POLL_LIMIT;
      this.pollLog2 = Math.min(this.#pollMaxLog2, this.pollLog2 + 1);
    } else {
      this.#count -= 2 * this.pollLog2;
      if (this.#count >= -POLL_LIMIT) return;
      this.#count = this.pollLog2 > this.#pollMinLog2 ? 0 : -POLL_LIMIT;
      this.pollLog2 = Math.max(this.#pollMinLog2, this.pollLog2 - 1);
    }
  }

  #reset(state: State, at: number, last: number, residual: number): void {
    this.#state = state;
    this.#last = last;
    this.#residual = residual;
    this.#updatedAt = at;
    this.synchronised = true;
  }

  #setFrequency(frequency: number): void {
    this.#frequency = Math.max(-FREQUENCY_MAX, Math.min(FREQUENCY_MAX, frequency));
  }
}
