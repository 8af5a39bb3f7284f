import type { LocalSeconds } from '../core/ports.ts';
import type { RandomStream } from './random-stream.ts';
import type { OscillatorOptions } from './scenario.ts';

/**
 * A virtual oscillator: maps true seconds to local seconds and back. The frequency is constant within each
 * second of true time, so both directions are closed forms over a table that grows as far as anybody looked.
 */
export class Oscillator {
  readonly #options: OscillatorOptions;
  readonly #random: RandomStream;
  readonly #recordedPpm: Float64Array | null;
  /** Local minus true time at each whole second, and the frequency error from there to the next. */
  #deviation = new Float64Array(4096);
  #frequency = new Float64Array(4096);
  /** Jump of the local timescale at the end of that second (kept apart: it is not a rate). */
  readonly #jumpAt = new Map<number, number>();
  #known = 0;
  #walk = 0;
  #steps = 0;

  /** @param recordedPpm - the contents of the options' file, null without one. */
  constructor(options: OscillatorOptions, recordedPpm: Float64Array | null, random: RandomStream) {
    this.#options = options;
    this.#recordedPpm = recordedPpm;
    this.#random = random;
    for (const jump of options.jumps) {
      const second = Math.floor(jump.at);
      this.#jumpAt.set(second, (this.#jumpAt.get(second) ?? 0) + jump.by);
    }
    this.#deviation[0] = this.#jumpAt.get(0) ?? 0;
    this.#frequency[0] = this.#frequencyOf(0);
  }

  /** Local time at true time t ≥ 0. */
  localAt(trueSeconds: number): LocalSeconds {
    return trueSeconds + this.deviationAt(trueSeconds);
  }

  /** Local minus true time, seconds; kept apart from the sum because it keeps more digits. */
  deviationAt(trueSeconds: number): number {
    const second = Math.floor(trueSeconds);
    if (second > this.#known) this.#extend(second);
    return (this.#deviation[second] as number) + (this.#frequency[second] as number) * (trueSeconds - second);
  }

  /** Frequency error at true time t: d(local)/dt − 1. */
  frequencyAt(trueSeconds: number): number {
    const second = Math.floor(trueSeconds);
    if (second > this.#known) this.#extend(second);
    return this.#frequency[second] as number;
  }

  /** The earliest true time ≥ `fromTrueSeconds` at which the local timescale shows `local` or more. */
  trueAt(local: LocalSeconds, fromTrueSeconds: number): number {
    if (this.localAt(fromTrueSeconds) >= local) return fromTrueSeconds;
    let second = Math.floor(fromTrueSeconds);
    this.#extend(second + 1);
    while (this.localAt(second + 1) < local) second++;
    const reached = second + (this.#deviation[second] as number);
    const rate = 1 + (this.#frequency[second] as number);
    const inside = rate > 0 ? second + (local - reached) / rate : second + 1;
    return Math.max(fromTrueSeconds, Math.min(second + 1, inside));
  }

  /** Whether the machine sleeps at true time t. */
  asleepAt(trueSeconds: number): boolean {
    for (const suspend of this.#options.suspends) {
      if (trueSeconds >= suspend.at && trueSeconds < suspend.at + suspend.for) return true;
    }
    return false;
  }

  #extend(second: number): void {
    if (second >= this.#deviation.length) {
      const length = Math.max(2 * this.#deviation.length, second + 1);
      const deviation = new Float64Array(length);
      deviation.set(this.#deviation);
      this.#deviation = deviation;
      const frequency = new Float64Array(length);
      frequency.set(this.#frequency);
      this.#frequency = frequency;
    }
    while (this.#known < second) {
      const from = this.#known;
      const to = from + 1;
      const jump = this.#jumpAt.size === 0 ? 0 : (this.#jumpAt.get(to) ?? 0);
      this.#deviation[to] = (this.#deviation[from] as number) + (this.#frequency[from] as number) + jump;
      this.#known = to;
      if (this.#options.wander > 0) this.#walk += this.#options.wander * this.#random.normal();
      this.#frequency[to] = this.#frequencyOf(to);
    }
  }

  #frequencyOf(second: number): number {
    if (this.asleepAt(second)) return -1;
    const { errorPpm, sines, frequencySteps } = this.#options;
    for (let step = frequencySteps[this.#steps]; step && step.at <= second; step = frequencySteps[++this.#steps]) {
      this.#walk += step.changePpm * 1e-6;
    }
    let ppm = errorPpm;
    for (const sine of sines) {
      ppm += sine.amplitudePpm * Math.sin(2 * Math.PI * ((second + 0.5) / sine.period + sine.phase));
    }
    if (this.#recordedPpm !== null) {
      ppm += this.#recordedPpm[Math.min(second, this.#recordedPpm.length - 1)] ?? 0;
    }
    return ppm * 1e-6 + this.#walk;
  }
}
