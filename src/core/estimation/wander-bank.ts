import { Belief, type FrequencyPrior, type Likelihood } from './belief.ts';
import { type Moments, mix } from './mixture.ts';

/**
 * Beliefs for oscillators of different wander, side by side, weighed by how well each foretells the samples.
 *
 * How much a frequency wanders decides how many samples are worth averaging. It differs by orders of magnitude
 * between machines and changes with the weather, so it is not a constant but something to believe about. The bank
 * covers a stretch of values in equal ratios and moves along when the best one stands at its end.
 */

const MODELS = 5;
/** Variance of the frequency's steps, (s/s)²/s: usual value, ratio between neighbours, limits. */
const WANDER_USUAL = 1e-18;
const WANDER_RATIO = 10;
const WANDER_MIN = 1e-22;
const WANDER_MAX = 1e-9;
/** σ of the prior, in decades of the frequency's steps. */
const WANDER_DECADES = 0.5;
/**
 * Share of the evidence that counts: a sample's likelihood rests on delays whose shape is only learned, and a wander
 * believed in too firmly makes σ a lie until the next sample that says much.
 */
const EVIDENCE_SHARE = 0.7;
/** How much of the evidence survives one sample. */
const EVIDENCE_KEEP = 0.99;
/** A sample that nobody foretold tells little about the wander. */
const EVIDENCE_MIN = -100;

export class WanderBank implements Moments {
  /** Mean and covariance of offset and frequency over all models, and the mean wander, at the last sample. */
  offset = 0;
  frequency = 0;
  varianceOffset = 0;
  covariance = 0;
  varianceFrequency = 0;
  wander = 0;
  readonly #models: Belief[] = [];
  readonly #scores = new Float64Array(MODELS);
  readonly #weights = new Float64Array(MODELS).fill(1 / MODELS);

  constructor() {
    for (let i = 0; i < MODELS; i++) this.#models.push(new Belief(WANDER_USUAL * WANDER_RATIO ** i));
  }

  /** Forgets all evidence; `start` must follow. */
  reset(): void {
    for (let i = 0; i < MODELS; i++) (this.#models[i] as Belief).wander = WANDER_USUAL * WANDER_RATIO ** i;
    this.#scores.fill(0);
    this.#weights.fill(1 / MODELS);
  }

  /** Starts all models: see `Belief.start`. */
  start(offset: number, offsetSigma: number, frequencies: readonly FrequencyPrior[]): void {
    for (const model of this.#models) model.start(offset, offsetSigma, frequencies);
    mix(this.#models, this.#weights, this);
  }

  /** Moves all models `seconds` on. */
  advance(seconds: number): void {
    for (const model of this.#models) model.advance(seconds);
    mix(this.#models, this.#weights, this);
  }

  /**
   * Weighs a measurement in all models: see `Belief.update`.
   *
   * @returns the likelihood of the measurement given everything before, logarithm.
   */
  update(likelihood: Likelihood, low: number, high: number): number {
    let evidence = 0;
    for (let i = 0; i < MODELS; i++) {
      const one = Math.max((this.#models[i] as Belief).update(likelihood, low, high), EVIDENCE_MIN);
      this.#scores[i] = EVIDENCE_KEEP * (this.#scores[i] as number) + one;
      evidence += (this.#weights[i] as number) * Math.exp(one);
    }
    this.#weigh();
    mix(this.#models, this.#weights, this);
    return Math.log(evidence);
  }

  #weigh(): void {
    const models = this.#models;
    const scores = this.#scores;
    const weights = this.#weights;
    let best = 0;
    for (let i = 0; i < MODELS; i++) {
      const decades = Math.log10((models[i] as Belief).wander / WANDER_USUAL) / 2;
      weights[i] = EVIDENCE_SHARE * (scores[i] as number) - 0.5 * (decades / WANDER_DECADES) ** 2;
      if ((weights[i] as number) > (weights[best] as number)) best = i;
    }
    const top = weights[best] as number;
    let total = 0;
    for (let i = 0; i < MODELS; i++) {
      weights[i] = Math.exp((weights[i] as number) - top);
      total += weights[i] as number;
    }
    for (let i = 0; i < MODELS; i++) weights[i] = (weights[i] as number) / total;
    const lowest = models[0] as Belief;
    const highest = models[MODELS - 1] as Belief;
    if (best === MODELS - 1 && highest.wander < WANDER_MAX) {
      lowest.copyFrom(highest);
      lowest.wander = highest.wander * WANDER_RATIO;
      models.push(models.shift() as Belief);
      scores.copyWithin(0, 1);
      this.#weigh();
    } else if (best === 0 && lowest.wander > WANDER_MIN) {
      highest.copyFrom(lowest);
      highest.wander = lowest.wander / WANDER_RATIO;
      models.unshift(models.pop() as Belief);
      scores.copyWithin(1, 0);
      this.#weigh();
    }
  }
}
