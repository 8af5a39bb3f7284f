import type { LocalSeconds } from '../ports.ts';
import type { FrequencyPrior } from './belief.ts';
import { Calibration } from './calibration.ts';
import { DelayModel } from './delay-model.ts';
import type { Estimate, SourceFilter } from './estimate.ts';
import { FloorBank } from './floor-bank.ts';
import type { Moments } from './mixture.ts';
import type { Sample } from './sample.ts';
import { WanderBank } from './wander-bank.ts';

/** What is known of an oscillator at first: a crystal, a bad one, or a clock that somebody else turns. */
const UNKNOWN: readonly FrequencyPrior[] = [
  { weight: 0.5, frequency: 0, sigma: 2e-5 },
  { weight: 0.45, frequency: 0, sigma: 2e-4 },
  { weight: 0.05, frequency: 0, sigma: 5e-2 },
];
/** How much of it is believed still to hold of a frequency known from before, at what σ at least, s/s: it was cold. */
const REMEMBERED_WEIGHT = 0.97;
const REMEMBERED_SIGMA_MIN = 1e-6;

/** Samples before the two ideas of a path are compared. */
const SETTLED = 12;
/** Logarithm of the ratio of likelihoods: how much survives a sample, most per sample, and how much decides. */
const AHEAD_KEEP = 0.99;
const AHEAD_STEP = 4;
const AHEAD_ENOUGH = 6;

/** A server's filter: learns the path's delays and the oscillator's wander, and weighs every sample by both. */
export class ServerFilter implements SourceFilter {
  /** What is believed if the delays tell where the offset is, and if the offset itself jitters. */
  readonly #byDelays = new FloorBank();
  readonly #byJitter = new WanderBank();
  /** How far the second is ahead in foretelling samples. */
  #jitterAhead = 0;
  #bank: Moments = this.#byDelays;
  #samples = 0;
  readonly #calibration = new Calibration();
  #delays = new DelayModel();
  #atLocal = 0;
  readonly #frequencies: readonly FrequencyPrior[];

  /** @param drift - the oscillator as an earlier run left it, in the sense of `Estimate.frequency`; null: unknown. */
  constructor(drift: { readonly frequency: number; readonly sigma: number } | null = null) {
    this.#frequencies = drift === null ? UNKNOWN : rememberedPrior(drift);
  }

  reset(): void {
    this.#samples = 0;
    this.#jitterAhead = 0;
    this.#bank = this.#byDelays;
    this.#byDelays.reset();
    this.#byJitter.reset();
    this.#delays = new DelayModel();
    this.#calibration.reset();
  }

  add(sample: Sample): void {
    const delays = this.#delays;
    const byDelays = this.#byDelays;
    const byJitter = this.#byJitter;
    const { upSeconds, downSeconds, precisionSeconds } = sample;
    if (this.#samples++ === 0) {
      delays.take(upSeconds, downSeconds, precisionSeconds, Number.NaN, Number.NaN);
      byDelays.start(delays.offsetSeconds, delays.offsetSigmaSeconds, this.#frequencies);
      byJitter.start(delays.offsetSeconds, delays.offsetSigmaSeconds, this.#frequencies);
      this.#atLocal = sample.atLocal;
      return;
    }
    const elapsed = Math.max(0, sample.atLocal - this.#atLocal);
    this.#atLocal = sample.atLocal;
    byDelays.advance(elapsed);
    byJitter.advance(elapsed);
    const predicted = this.#bank.offset;
    const variance = this.#bank.varianceOffset;
    delays.take(upSeconds, downSeconds, precisionSeconds, predicted, Math.sqrt(variance));
    if (this.#samples > SETTLED) delays.learnJitter(byJitter.offset, byJitter.varianceOffset);
    const reach = delays.jitterReach;
    const jitter = byJitter.update(delays.byJitter, delays.offsetSeconds - reach, delays.offsetSeconds + reach);
    const ahead = jitter - byDelays.update(delays);
    const sigma = Math.sqrt(variance + delays.offsetSigmaSeconds ** 2);
    this.#calibration.add(delays.offsetSeconds - predicted, sigma, delays.meanSeconds);
    if (this.#samples > SETTLED) this.#compare(ahead);
  }

  /** Takes in by how much the idea of a jittering offset foretold a sample better, and follows the better one. */
  #compare(ahead: number): void {
    this.#jitterAhead = AHEAD_KEEP * this.#jitterAhead + Math.min(Math.max(ahead, -AHEAD_STEP), AHEAD_STEP);
    if (this.#jitterAhead > AHEAD_ENOUGH) this.#bank = this.#byJitter;
    if (this.#jitterAhead < -AHEAD_ENOUGH) this.#bank = this.#byDelays;
  }

  predict(atLocal: LocalSeconds, out: Estimate): boolean {
    if (this.#samples === 0) return false;
    const bank = this.#bank;
    const t = atLocal - this.#atLocal;
    const inflation = this.#calibration.inflation;
    const gained = bank.wander * Math.abs(t);
    out.atLocal = atLocal;
    out.offsetSeconds = bank.offset + t * bank.frequency;
    out.frequency = bank.frequency;
    out.offsetSigmaSeconds = Math.sqrt(
      inflation * (bank.varianceOffset + t * (2 * bank.covariance + t * (bank.varianceFrequency + gained / 3))) +
        this.#delays.asymmetryVariance,
    );
    out.frequencySigma = Math.sqrt(inflation * (bank.varianceFrequency + gained));
    out.covariance = inflation * (bank.covariance + t * (bank.varianceFrequency + (Math.sign(t) * gained) / 2));
    out.wander = inflation * bank.wander;
    out.delayFloorSeconds = 2 * this.#delays.floorSeconds;
    out.jitterSeconds = this.#delays.deviationSeconds;
    return true;
  }
}

function rememberedPrior({
  frequency,
  sigma,
}: {
  readonly frequency: number;
  readonly sigma: number;
}): FrequencyPrior[] {
  return [
    { weight: REMEMBERED_WEIGHT, frequency, sigma: Math.max(sigma, REMEMBERED_SIGMA_MIN) },
    ...UNKNOWN.map((one) => ({ ...one, weight: (1 - REMEMBERED_WEIGHT) * one.weight })),
  ];
}
