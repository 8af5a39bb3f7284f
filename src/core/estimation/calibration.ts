/**
 * Whether one sample's error tells of the next one's.
 *
 * The filter takes the errors of samples for independent. If they are, what it did not foretell (the innovations) has
 * no memory either. Delays that are alike for minutes, or a frequency that swings faster than is believed, leave
 * several innovations in a row on the same side: then many samples say little more than one, the filter averages less
 * away than it believes, and its σ is too small. Where errors correlate by ρ from one to the next, the variance of
 * their mean is (1 + ρ) / (1 − ρ) times what independent ones would have. Only ever widens σ.
 */

/** How much of what was seen survives one sample. */
const KEEP = 1 - 1 / 128;
/** Weight of the assumption that samples are independent, in samples. */
const TRUST = 16;
/** An innovation that nobody foretold (a jump) counts as this many standard deviations. */
const INNOVATION_MAX = 3;
const CORRELATION_MAX = 0.85;

/**
 * Samples at which variances count double, because what the path does is known from a handful of delays only: σ is
 * then as uncertain as the offset (what Student's distribution is for).
 */
const YOUNG_SAMPLES = 8;

export class Calibration {
  #samples = 0;
  #last = 0;
  /** Of standardised innovations: count, sum, squares, products of each with the one before. */
  #count = 0;
  #sum = 0;
  #squares = 0;
  #products = 0;

  /** Factor by which variances should be larger than stated, ≥ 1. */
  get inflation(): number {
    // What is always the same is no memory: one direction's jitter alone puts most samples on its side.
    const ofMean = (this.#sum * this.#sum) / Math.max(1, this.#count);
    const correlation = (this.#products - ofMean) / (this.#squares - ofMean + TRUST);
    const bounded = Math.min(Math.max(correlation, 0), CORRELATION_MAX);
    const young = 1 + (YOUNG_SAMPLES / Math.max(1, this.#samples)) ** 1.5;
    return (young * (1 + bounded)) / (1 - bounded);
  }

  /**
   * Adds a sample.
   *
   * @param innovation - by how much its offset differs from what was foretold for it, and `sigma` by how much it was
   *   expected to differ.
   * @param usualSigma - σ of a usual sample: one that is much vaguer met a queue, and hardly moves the belief.
   */
  add(innovation: number, sigma: number, usualSigma: number): void {
    this.#samples++;
    if (!(sigma > 0)) return;
    const standardised = Math.min(Math.max(innovation / sigma, -INNOVATION_MAX), INNOVATION_MAX);
    const weighed = standardised * Math.min(1, usualSigma / sigma);
    this.#count = KEEP * this.#count + 1;
    this.#sum = KEEP * this.#sum + weighed;
    this.#squares = KEEP * this.#squares + weighed * weighed;
    this.#products = KEEP * this.#products + weighed * this.#last;
    this.#last = weighed;
  }

  reset(): void {
    this.#samples = 0;
    this.#last = 0;
    this.#count = 0;
    this.#sum = 0;
    this.#squares = 0;
    this.#products = 0;
  }
}
