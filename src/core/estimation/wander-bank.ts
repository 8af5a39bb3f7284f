import { Belief, type FrequencyPrior, type Likelihood } from './belief.ts';

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
/**
 * What σ promises: beyond so many of it the offset lies, on either side, with at most this probability. A Gaussian
 * keeps it (3e-5). A floor's edge leaves a tail that does not, and a belief that has the truth out there finds out
 * only when the next delays come near the floor.
 */
const TAIL_SIGMAS = 4;
const TAIL_PROBABILITY = 5e-4;
const TAIL_SIGMAS_MAX = 16;
const TAIL_HALVINGS = 9;
/** A sample that nobody foretold tells little about the wander. */
const EVIDENCE_MIN = -100;

export class WanderBank {
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
    this.#summarise();
  }

  /** Moves all models `seconds` on. */
  advance(seconds: number): void {
    for (const model of this.#models) model.advance(seconds);
    this.#summarise();
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
    this.#summarise();
    return Math.log(evidence);
  }

  /** Factor by which the standard deviation is to be multiplied for what σ promises, ≥ 1. */
  get widening(): number {
    const sigma = Math.sqrt(this.varianceOffset);
    let wide = TAIL_SIGMAS;
    for (let side = -1; side <= 1; side += 2) {
      if (this.#beyond(side, wide * sigma) <= TAIL_PROBABILITY) continue;
      let far = TAIL_SIGMAS_MAX;
      for (let i = 0; i < TAIL_HALVINGS; i++) {
        const middle = (wide + far) / 2;
        if (this.#beyond(side, middle * sigma) > TAIL_PROBABILITY) wide = middle;
        else far = middle;
      }
    }
    return wide / TAIL_SIGMAS;
  }

  /** Probability that the offset is more than `distance` above (`side` 1) or below (−1) its mean. */
  #beyond(side: number, distance: number): number {
    let above = 0;
    for (let i = 0; i < MODELS; i++) {
      above += (this.#weights[i] as number) * (this.#models[i] as Belief).above(this.offset + side * distance);
    }
    return side > 0 ? above : 1 - above;
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

  #summarise(): void {
    let offset = 0;
    let frequency = 0;
    const origin = (this.#models[0] as Belief).offset;
    for (let i = 0; i < MODELS; i++) {
      offset += (this.#weights[i] as number) * ((this.#models[i] as Belief).offset - origin);
      frequency += (this.#weights[i] as number) * (this.#models[i] as Belief).frequency;
    }
    let xx = 0;
    let xf = 0;
    let ff = 0;
    let wander = 0;
    for (let i = 0; i < MODELS; i++) {
      const model = this.#models[i] as Belief;
      const weight = this.#weights[i] as number;
      const dx = model.offset - origin - offset;
      const df = model.frequency - frequency;
      xx += weight * (model.varianceOffset + dx * dx);
      xf += weight * (model.covariance + dx * df);
      ff += weight * (model.varianceFrequency + df * df);
      wander += weight * model.wander;
    }
    this.offset = origin + offset;
    this.frequency = frequency;
    this.varianceOffset = xx;
    this.covariance = xf;
    this.varianceFrequency = ff;
    this.wander = wander;
  }
}
