import type { LocalSeconds, Random } from '../ports.ts';

/** A fast start ends after so many samples, or so many requests; and the time between them. */
const BURST_SAMPLES = 5;
const BURST_REQUESTS = 8;
const BURST_SPACING_SECONDS = 2;
/** The next sample after it comes this soon, for the frequency: a few seconds tell it to tens of ppm only. */
const BURST_SEQUEL_SECONDS = 16;
/** One address sees no second burst before this. */
export const BURST_HEADWAY_SECONDS = 60;
/** Polls without an answer after which a source is unreachable (RFC 5905 §13: the reach register has run empty). */
export const REACH_POLLS = 8;
/** A source that is unreachable is asked half as often after so many more polls in vain. */
const BACK_OFF_POLLS = 4;
/** RATE may raise the poll interval above the configured maximum, up to here. */
const RATE_POLL_LOG2_MAX = 10;
/** After RATE the next request waits for this many intervals more. */
const RATE_INTERVALS = 4;
/**
 * Each interval is lengthened by up to this share at random: clients that started together drift apart. Always
 * longer, so that the fast start is paid back within the day.
 */
const JITTER_SHARE = 0.04;

/**
 * Longer intervals are asked for while the prediction at the end of one would still be this much better than a new
 * measurement, and shorter ones when it would not by far.
 */
const LENGTHEN_RATIO = 0.7;
const SHORTEN_RATIO = 1.3;
/** Where it would be so much worse the estimate was lost: it is learnt anew without waiting for the interval to end. */
const LOST_RATIO = 10;

/** When an association asks next (RFC 5905 §13, by the filter's own forecast instead of a jiggle counter). */
export class Poll {
  /** Eight polls, newest in bit 0. */
  reach = 0;
  /** Polls since the last answer. */
  unanswered = 0;
  pollLog2: number;
  /** Lowest interval; RATE raises it for good. */
  pollLog2Min: number;
  /** What RATE raised it to; null: never. */
  requestedLog2Min: number | null = null;
  nextLocal: LocalSeconds;
  /** Forecast σ at the end of the interval over that of a measurement, when it was last chosen; 0 before. */
  score = 0;

  readonly #pollLog2Max: number;
  #burstLeft = 0;
  #burstSamples = 0;
  /** The interval before the source became unreachable. */
  #reachableLog2: number;

  constructor(pollLog2Min: number, pollLog2Max: number, pollLog2Initial: number, firstLocal: LocalSeconds) {
    this.pollLog2Min = pollLog2Min;
    this.#pollLog2Max = Math.max(pollLog2Min, pollLog2Max);
    this.pollLog2 = Math.min(Math.max(pollLog2Initial, pollLog2Min), this.#pollLog2Max);
    this.#reachableLog2 = this.pollLog2;
    this.nextLocal = firstLocal;
  }

  get isUnreachable(): boolean {
    return this.reach === 0 && this.unanswered >= REACH_POLLS;
  }

  get isBursting(): boolean {
    return this.#burstLeft > 0;
  }

  /** The server once asked for no more than this, now or in an earlier run. */
  limitTo(pollLog2Min: number): void {
    this.requestedLog2Min = pollLog2Min;
    this.pollLog2Min = Math.max(this.pollLog2Min, pollLog2Min);
    this.pollLog2 = Math.max(this.pollLog2, this.pollLog2Min);
  }

  /** Begins a fast start at `atLocal`. */
  startBurst(atLocal: LocalSeconds): void {
    this.#burstLeft = BURST_REQUESTS;
    this.#burstSamples = BURST_SAMPLES;
    this.nextLocal = atLocal;
  }

  /** A sample was made; enough of them end the fast start. */
  sampled(nowLocal: LocalSeconds, random: Random): void {
    if (this.#burstLeft === 0 || --this.#burstSamples > 0) return;
    this.#burstLeft = 0;
    this.nextLocal = nowLocal + Math.min(this.#interval(random), BURST_SEQUEL_SECONDS);
  }

  /** A request goes out: shifts reach and schedules the next one. */
  sent(nowLocal: LocalSeconds, random: Random): void {
    this.reach = (this.reach << 1) & 0xff;
    this.unanswered++;
    if (!this.isUnreachable) this.#reachableLog2 = this.pollLog2;
    if (this.#burstLeft > 0) this.#burstLeft--;
    else if (this.isUnreachable && (this.unanswered - REACH_POLLS) % BACK_OFF_POLLS === 0)
      this.pollLog2 = Math.max(this.pollLog2, Math.min(this.pollLog2 + 1, this.#pollLog2Max));
    const interval =
      this.#burstLeft > 0 ? BURST_SPACING_SECONDS * (1 + JITTER_SHARE * random()) : this.#interval(random);
    this.nextLocal = nowLocal + interval;
  }

  /** This machine could not send what was due: nobody was asked, so nobody is to be spared. */
  unsent(nowLocal: LocalSeconds, random: Random): void {
    if (this.isBursting) {
      this.#burstLeft++;
      return;
    }
    this.#regain(nowLocal, random);
  }

  /** An answer came. After a time without any the source is asked as often as before that. */
  answered(nowLocal: LocalSeconds, random: Random): void {
    const wasUnreachable = this.isUnreachable;
    this.reach |= 1;
    this.unanswered = 0;
    if (wasUnreachable) this.#regain(nowLocal, random);
  }

  /**
   * Chooses the interval after a sample, by how well the clock can be predicted over it.
   *
   * @param sigmaAfter - forecast σ of the offset after a number of seconds without a sample.
   * @param measurementSigma - σ of one measurement.
   */
  adapt(
    nowLocal: LocalSeconds,
    random: Random,
    sigmaAfter: (seconds: number) => number,
    measurementSigma: number,
  ): void {
    if (this.#burstLeft > 0) return;
    const score = (): number => sigmaAfter(2 ** this.pollLog2) / measurementSigma;
    const isLongFor = (ratio: number): boolean => this.pollLog2 > this.pollLog2Min && score() > ratio;
    this.score = score();
    if (isLongFor(LOST_RATIO)) {
      while (isLongFor(SHORTEN_RATIO)) this.pollLog2--;
      this.nextLocal = Math.min(this.nextLocal, nowLocal + this.#interval(random));
      return;
    }
    const longer = this.pollLog2 + 1;
    if (longer <= this.#pollLog2Max && sigmaAfter(2 ** longer) < LENGTHEN_RATIO * measurementSigma) {
      this.pollLog2 = longer;
    } else if (isLongFor(SHORTEN_RATIO)) {
      this.pollLog2--;
    }
  }

  /** The estimate was lost: ask often again. */
  restart(nowLocal: LocalSeconds, random: Random, pollLog2Initial: number): void {
    this.pollLog2 = Math.max(Math.min(pollLog2Initial, this.#pollLog2Max), this.pollLog2Min);
    this.nextLocal = Math.min(this.nextLocal, nowLocal + this.#interval(random));
  }

  /** A RATE kiss: slower for good, and a pause now. */
  slowDown(nowLocal: LocalSeconds, random: Random): void {
    const slower = Math.max(this.pollLog2Min, this.pollLog2) + 1;
    this.limitTo(Math.min(slower, Math.max(RATE_POLL_LOG2_MAX, this.#pollLog2Max)));
    this.#burstLeft = 0;
    this.nextLocal = nowLocal + RATE_INTERVALS * this.#interval(random);
  }

  #regain(nowLocal: LocalSeconds, random: Random): void {
    if (this.pollLog2 <= this.#reachableLog2) return;
    this.pollLog2 = Math.max(this.#reachableLog2, this.pollLog2Min);
    this.nextLocal = Math.min(this.nextLocal, nowLocal + this.#interval(random));
  }

  #interval(random: Random): number {
    return 2 ** this.pollLog2 * (1 + JITTER_SHARE * random());
  }
}
