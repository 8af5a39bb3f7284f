import type { SynchronizationOptions } from '../coordinator-options.ts';
import { formatSeconds } from '../format.ts';
import type { ClockLine, ClockPort, LocalSeconds } from '../ports.ts';
import { findStepPanic, type StepsMade } from './step-limits.ts';

/** The first correction is stepped when it would take longer than this to slew. */
const STARTUP_SLEW_SECONDS_MAX = 10;
/** A slew takes this long at least, so that the moment of its end matters little. */
const SLEW_SECONDS_MIN = 1;
/**
 * Corrections are spread over so many times the interval between them, but no longer than the limit. Most of a
 * correction is noise: hurrying it would make the clock's rate several times worse than its frequency is known, and
 * what is served carries the rest anyway.
 */
const SPREAD_INTERVALS = 2;
const SPREAD_SECONDS_MAX = 512;
/** A step after the start waits until the selection has held for so many samples and so long. */
const STEP_SAMPLES = 3;
const STEP_SECONDS = 30;
/** No oscillator is worse, and no kernel's clock can be set further off (tick ± 10 %), s/s. */
const FREQUENCY_MAX = 0.1;

const NO_STEPS: StepsMade = { isStarted: false, steps: 0, accumulatedSeconds: 0 };

export type DisciplineAction =
  /** The clock could not be changed (mode `none`). */
  | { readonly kind: 'observed' }
  | { readonly kind: 'slewed'; readonly correctionSeconds: number }
  | { readonly kind: 'stepped'; readonly correctionSeconds: number; readonly reason: string }
  /** A step is due but has not been agreed on for long enough. */
  | { readonly kind: 'waiting'; readonly correctionSeconds: number; readonly reason: string }
  | { readonly kind: 'panicked'; readonly reason: string };

/** True time less (epoch + local time) on a line. */
export function offsetAt(line: ClockLine, atLocal: LocalSeconds): number {
  return line.offsetSeconds + line.frequency * (atLocal - line.atLocal);
}

/** Brings the clock to the line that the sources agree on, by slews and, where the rules allow, by steps. */
export class Discipline {
  /** A first correction has been made. */
  isStarted = false;
  steps = 0;
  accumulatedSeconds = 0;

  readonly #clock: ClockPort;
  readonly #options: SynchronizationOptions;
  /** Since when, and for how many samples, a step has been due. */
  #pending: { readonly sinceLocal: LocalSeconds; samples: number } | null = null;
  /** More than `step-threshold` that may be slewed: a leap second on its way. */
  #leapSlewSeconds = 0;
  #followedLocal: LocalSeconds = Number.NEGATIVE_INFINITY;

  /** @param before - what a predecessor on the same clock has done. */
  constructor(clock: ClockPort, options: SynchronizationOptions, before: StepsMade = NO_STEPS) {
    this.#clock = clock;
    this.#options = options;
    Object.assign(this, before);
  }

  /** For a successor on the same clock. */
  get made(): StepsMade {
    return { isStarted: this.isStarted, steps: this.steps, accumulatedSeconds: this.accumulatedSeconds };
  }

  /** What the clock has to be corrected by to be on a line; positive: it is behind. */
  correction(nowLocal: LocalSeconds, line: ClockLine): number {
    return offsetAt(line, nowLocal) - this.#clock.readOffsetSeconds(nowLocal);
  }

  /** Whether a correction, or a change of what we serve, is small enough to be made at once. */
  isSmall(seconds: number): boolean {
    return Math.abs(seconds) <= this.#options.stepThresholdSeconds + this.#leapSlewSeconds;
  }

  /**
   * Follows the selection.
   *
   * @param servedJumpSeconds - how far the line is from the one that was followed before.
   * @param newSamples - samples that the selection gained since the last call.
   */
  follow(nowLocal: LocalSeconds, line: ClockLine, servedJumpSeconds: number, newSamples: number): DisciplineAction {
    const correctionSeconds = this.correction(nowLocal, line);
    const spreadSeconds = Math.min(SPREAD_INTERVALS * (nowLocal - this.#followedLocal), SPREAD_SECONDS_MAX);
    this.#followedLocal = nowLocal;
    if (!this.isStarted) return this.#start(nowLocal, line, correctionSeconds);
    const canAct = this.#clock.canStep || this.#clock.canSlew;
    if (this.isSmall(servedJumpSeconds) && (!canAct || this.isSmall(correctionSeconds))) {
      this.#pending = null;
      return this.#slew(nowLocal, line, correctionSeconds, spreadSeconds);
    }
    const pending = this.#pending ?? { sinceLocal: nowLocal, samples: 0 };
    pending.samples += newSamples;
    this.#pending = pending;
    const heldSeconds = nowLocal - pending.sinceLocal;
    if (pending.samples < STEP_SAMPLES || heldSeconds < STEP_SECONDS) {
      const reason = `a step is due, agreed on for ${pending.samples} samples and ${heldSeconds.toFixed(0)} s`;
      return { kind: 'waiting', correctionSeconds, reason };
    }
    this.#pending = null;
    // What we serve may jump while the clock, still on its way to the old line, is near the new one.
    if (this.isSmall(correctionSeconds)) return this.#slew(nowLocal, line, correctionSeconds, spreadSeconds);
    return this.#step(nowLocal, line, correctionSeconds, 'the sources agree on it for long enough');
  }

  /** There is no selection: what was about to be agreed on has to start anew. */
  coast(): void {
    this.#pending = null;
  }

  /** Steps to the line at once; panic thresholds hold, the step threshold does not. */
  force(nowLocal: LocalSeconds, line: ClockLine): DisciplineAction {
    this.#pending = null;
    return this.#step(nowLocal, line, this.correction(nowLocal, line), 'the operator asked for it');
  }

  /** The machine was away: the next correction is a first one again. */
  restart(): void {
    this.isStarted = false;
    this.#pending = null;
    this.#leapSlewSeconds = 0;
  }

  /**
   * A leap second has just passed on the line: does it to the clock, unless the clock does so itself.
   *
   * @param sign - +1: a second was inserted, so the clock is a second ahead of the line.
   */
  leap(nowLocal: LocalSeconds, line: ClockLine, sign: number): void {
    const { leapMode } = this.#options;
    if (leapMode === 'kernel' && this.#clock.armLeap !== undefined) return;
    if (leapMode === 'slew' || !this.#clock.canStep) {
      this.#leapSlewSeconds = 1;
      this.#slew(nowLocal, line, this.correction(nowLocal, line));
      return;
    }
    // Only the second: what else there is to correct is being slewed.
    this.#clock.step(nowLocal, -sign, line.frequency);
    this.#slew(nowLocal, line, this.correction(nowLocal, line));
  }

  #start(nowLocal: LocalSeconds, line: ClockLine, correctionSeconds: number): DisciplineAction {
    if (!this.#clock.canStep || Math.abs(correctionSeconds) <= this.#options.slewRateMax * STARTUP_SLEW_SECONDS_MAX) {
      this.isStarted = true;
      return this.#slew(nowLocal, line, correctionSeconds);
    }
    return this.#step(nowLocal, line, correctionSeconds, 'the first correction after the start');
  }

  #slew(
    nowLocal: LocalSeconds,
    line: ClockLine,
    correctionSeconds: number,
    spreadSeconds: number = SLEW_SECONDS_MIN,
  ): DisciplineAction {
    if (!this.#clock.canSlew) return { kind: 'observed' };
    const size = Math.abs(correctionSeconds);
    if (size <= this.#options.stepThresholdSeconds) this.#leapSlewSeconds = 0;
    const durationSeconds = Math.max(spreadSeconds, SLEW_SECONDS_MIN);
    const rate = Math.min(size / durationSeconds, this.#options.slewRateMax, this.#clock.slewRateMax);
    this.#clock.slew(nowLocal, boundedFrequency(line), correctionSeconds, rate);
    return { kind: 'slewed', correctionSeconds };
  }

  #step(nowLocal: LocalSeconds, line: ClockLine, correctionSeconds: number, why: string): DisciplineAction {
    if (!this.#clock.canStep) {
      this.isStarted = true;
      return this.#slew(nowLocal, line, correctionSeconds);
    }
    const panic = findStepPanic(correctionSeconds, this, this.#options);
    if (panic !== null) return { kind: 'panicked', reason: `a step ${panic}` };
    if (this.isStarted) this.accumulatedSeconds += Math.abs(correctionSeconds);
    this.isStarted = true;
    this.steps++;
    this.#clock.step(nowLocal, correctionSeconds, boundedFrequency(line));
    const direction = correctionSeconds < 0 ? 'back' : 'forward';
    return {
      kind: 'stepped',
      correctionSeconds,
      reason: `stepped ${direction} by ${formatSeconds(Math.abs(correctionSeconds))}: ${why}`,
    };
  }
}

function boundedFrequency(line: ClockLine): number {
  return Math.max(-FREQUENCY_MAX, Math.min(FREQUENCY_MAX, line.frequency));
}
