import type { Belief } from './agent.ts';
import { type Machine, noBelief } from './machine.ts';
import { Series, type Summary } from './statistics.ts';

/** The time counts as found once what is served stays this close to the truth … */
const SYNC_WITHIN_SECONDS = 1e-3;
/** … for this long. */
const SYNC_FOR_SECONDS = 60;
/** A picture has this many columns. */
const COLUMNS = 1200;

/** How well a node kept its clock; errors are seconds (positive: ahead of the truth), frequencies ppm. */
export interface NodeResult {
  /** Error of the clock under discipline. */
  clock: Summary;
  /** Error of the time as it would be served. */
  served: Summary;
  /** Error of the clock's rate, slews included. */
  frequencyPpm: Summary;
  /** Error of the frequency that the agent believes in. */
  believedFrequencyPpm: Summary;
  /** Seconds from the node's start until it served anything as synchronised; Infinity for never. */
  firstEstimateSeconds: number;
  /** Seconds from the node's start until it served the time, and went on to; Infinity for never. */
  timeToSyncSeconds: number;
  /** Share of the seconds in which it was synchronised. */
  synchronisedShare: number;
  bound: BoundResult;
  sigma: SigmaResult;
  packets: number;
  /** Mean time between two requests to one source. */
  pollSeconds: number;
  steps: number;
  /** 1 if it ended itself, because it would have had to step too far. */
  ends: number;
}

/** The maximum error against the true error of the served time, over synchronised seconds. */
export interface BoundResult {
  coverage: number;
  medianSeconds: number;
  uncoveredSecondsMax: number;
}

/** The estimated error σ against the true error of the served time, over synchronised seconds. */
export interface SigmaResult {
  within2: number;
  within4: number;
  /** RMS of error / σ. */
  rmsRatio: number;
  excursionSecondsMax: number;
}

/** One column of a picture; NaN where there is nothing to show. */
export interface TracePoint {
  atSeconds: number;
  /** Error of the clock. */
  clock: number;
  /** What the agent believes that error is, and how wrong it may be. */
  estimate: number;
  bound: number;
  sigma: number;
}

/** Watches one machine, second by second. */
export class NodeRecord {
  readonly machine: Machine;
  readonly trace: TracePoint[] = [];
  readonly #settleSeconds: number;
  readonly #endSeconds: number;
  readonly #belief: Belief = noBelief();
  readonly #clock = new Series();
  readonly #served = new Series();
  readonly #frequency = new Series();
  readonly #believedFrequency = new Series();
  readonly #bound = new Series();
  #seconds = 0;
  #synchronised = 0;
  #covered = 0;
  #uncoveredRun = 0;
  #uncoveredRunMax = 0;
  #within2 = 0;
  #within4 = 0;
  #ratioSquares = 0;
  #beyondRun = 0;
  #beyondRunMax = 0;
  #firstAt = Number.POSITIVE_INFINITY;
  #goodSince = Number.POSITIVE_INFINITY;
  #syncedAt = Number.POSITIVE_INFINITY;

  constructor(machine: Machine, settleSeconds: number, endSeconds: number) {
    this.machine = machine;
    this.#settleSeconds = settleSeconds;
    this.#endSeconds = endSeconds;
  }

  observe(trueSeconds: number): void {
    const { machine } = this;
    if (machine.agent === null || machine.oscillator.asleepAt(trueSeconds)) return;
    const local = machine.nowLocal();
    const truth = machine.trueOffsetSeconds();
    const clock = machine.judgedClock.readOffsetSeconds(local) - truth;
    machine.believe(this.#belief);
    const served = this.#belief.offsetSeconds - truth;
    this.#watchStart(trueSeconds, served);
    if (trueSeconds >= (this.trace.length * this.#endSeconds) / COLUMNS)
      this.#trace(trueSeconds, clock, clock - served);
    if (trueSeconds < this.#settleSeconds) return;
    this.#seconds++;
    this.#clock.add(clock);
    const rate = 1 + machine.oscillator.frequencyAt(trueSeconds);
    this.#frequency.add((rate * (1 + machine.judgedClock.rateAt(local)) - 1) * 1e6);
    if (!this.#belief.synchronised) {
      this.#uncoveredRun = 0;
      this.#beyondRun = 0;
      return;
    }
    this.#synchronised++;
    this.#served.add(served);
    this.#believedFrequency.add((rate * (1 + this.#belief.frequency) - 1) * 1e6);
    this.#judge(Math.abs(served));
  }

  result(): NodeResult {
    const { machine } = this;
    const known = this.#served.length;
    const sources = Math.max(1, machine.options.source.length);
    return {
      clock: this.#clock.summarise(),
      served: this.#served.summarise(),
      frequencyPpm: this.#frequency.summarise(),
      believedFrequencyPpm: this.#believedFrequency.summarise(),
      firstEstimateSeconds: this.#firstAt - machine.options.startsAt,
      timeToSyncSeconds: this.#syncedAt - machine.options.startsAt,
      synchronisedShare: this.#synchronised / this.#seconds,
      bound: {
        coverage: this.#covered / known,
        medianSeconds: this.#bound.percentile(0.5),
        uncoveredSecondsMax: this.#uncoveredRunMax,
      },
      sigma: {
        within2: this.#within2 / known,
        within4: this.#within4 / known,
        rmsRatio: Math.sqrt(this.#ratioSquares / known),
        excursionSecondsMax: this.#beyondRunMax,
      },
      packets: machine.packets,
      pollSeconds: ((this.#endSeconds - machine.options.startsAt) * sources) / machine.packets,
      steps: machine.judgedClock.steps,
      ends: machine.agent?.exited === true ? 1 : 0,
    };
  }

  #watchStart(trueSeconds: number, served: number): void {
    if (this.#syncedAt !== Number.POSITIVE_INFINITY) return;
    if (this.#belief.synchronised) this.#firstAt = Math.min(this.#firstAt, trueSeconds);
    const isGood = this.#belief.synchronised && Math.abs(served) <= SYNC_WITHIN_SECONDS;
    if (!isGood) this.#goodSince = Number.POSITIVE_INFINITY;
    else if (this.#goodSince === Number.POSITIVE_INFINITY) this.#goodSince = trueSeconds;
    else if (trueSeconds - this.#goodSince >= SYNC_FOR_SECONDS) this.#syncedAt = this.#goodSince;
  }

  #judge(error: number): void {
    const { maximumErrorSeconds, sigmaSeconds } = this.#belief;
    this.#bound.add(maximumErrorSeconds);
    if (error <= maximumErrorSeconds) {
      this.#covered++;
      this.#uncoveredRun = 0;
    } else {
      this.#uncoveredRunMax = Math.max(this.#uncoveredRunMax, ++this.#uncoveredRun);
    }
    const ratio = error / sigmaSeconds;
    this.#ratioSquares += ratio * ratio;
    if (ratio <= 2) this.#within2++;
    if (ratio <= 4) {
      this.#within4++;
      this.#beyondRun = 0;
    } else {
      this.#beyondRunMax = Math.max(this.#beyondRunMax, ++this.#beyondRun);
    }
  }

  #trace(atSeconds: number, clock: number, estimate: number): void {
    const { synchronised, maximumErrorSeconds, sigmaSeconds } = this.#belief;
    this.trace.push({
      atSeconds,
      clock,
      estimate: synchronised ? estimate : Number.NaN,
      bound: synchronised ? maximumErrorSeconds : Number.NaN,
      sigma: synchronised ? sigmaSeconds : Number.NaN,
    });
  }
}
