/**
 * Whether the belief moves as much as it said it would.
 *
 * If a filter's model is right, the steps of its mean are uncorrelated, and the variance of a step is what the
 * measurement took from the variance. Steps that are larger, or that go on in one direction for some samples,
 * show that the world is not the model (a sinusoidal temperature, delays that are alike for minutes); then the
 * stated σ is too small by about the same factor. Only ever widens σ.
 */

/** Samples over which steps are summed: a lag shows in sums of a few. */
const SUM_KEEP = 1 - 1 / 8;
const MEMORY_KEEP = 1 - 1 / 256;
/** Weight of the assumption that the model is right, in samples. */
const TRUST = 24;
/** A step that nobody foretold (a jump) counts as this many standard deviations. */
const STEP_MAX = 5;

/**
 * Steps at which variances count double, because what the path does is known from a handful of delays only: σ is
 * then as uncertain as the offset (what Student's distribution is for).
 */
const YOUNG_STEPS = 8;

export class Calibration {
  #steps = 0;
  #sum = 0;
  #sumVariance = 0;
  #ratios = TRUST;
  #count = TRUST;

  /** Factor by which variances should be larger than stated, ≥ 1. */
  get inflation(): number {
    return Math.max(1, this.#ratios / this.#count) * (1 + (YOUNG_STEPS / Math.max(1, this.#steps)) ** 1.5);
  }

  /** Adds a step of the mean, and the variance that the measurement took away. */
  add(step: number, varianceTaken: number): void {
    this.#steps++;
    this.#sumVariance = Math.max(SUM_KEEP * SUM_KEEP * this.#sumVariance + varianceTaken, 0);
    if (!(this.#sumVariance > 0)) return;
    const bound = STEP_MAX * Math.sqrt(this.#sumVariance);
    this.#sum = SUM_KEEP * this.#sum + Math.min(Math.max(step, -bound), bound);
    const ratio = (this.#sum * this.#sum) / this.#sumVariance;
    this.#ratios = TRUST + (this.#ratios - TRUST) * MEMORY_KEEP + ratio;
    this.#count = TRUST + (this.#count - TRUST) * MEMORY_KEEP + 1;
  }

  reset(): void {
    this.#steps = 0;
    this.#sum = 0;
    this.#sumVariance = 0;
    this.#ratios = TRUST;
    this.#count = TRUST;
  }
}
