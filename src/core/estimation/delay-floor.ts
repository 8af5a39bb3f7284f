/**
 * The smallest round trip of a path, and roughly what the delays above it look like.
 *
 * Sums of both delays do not depend on the clock at all, so what is learned here cannot be bent by a wrong idea
 * of the offset. How far the floor lies below the smallest sum seen is a matter of the shape: an exponential tail
 * begins right there, a hump far below. So Gamma densities of several degrees are laid through the lower end and
 * the median of the sums, and the one that explains the lower part of them best tells the floor. The upper part
 * is left out (counted only as above): there a path shows its queues, not its shape.
 */

const WINDOW = 512;
/** Degrees of the sum of both delays; each direction has half. */
const DEGREES = [2, 3, 4, 6, 8, 12, 20, 40, 80] as const;
/** Fewest sums that a shape is fitted to. */
const FIT_MIN = 16;
/** Kolmogorov's distance, times √n, that a fit may have. */
const FIT_DISTANCE = 1.4;
const EDGE = 0.35;
const HYSTERESIS = 1.5;
/** Share of the sums that must be explained. */
const LOWER = 0.7;

/** Probability that a Gamma variate of a whole degree is below `x` (Poisson's sum). */
function gammaBelow(degree: number, x: number): number {
  let term = Math.exp(-x);
  let above = term;
  for (let i = 1; i < degree; i++) {
    term *= x / i;
    above += term;
  }
  return 1 - above;
}

function gammaQuantile(degree: number, share: number): number {
  let low = 0;
  let high = degree * 4 + 10;
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (gammaBelow(degree, middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

export class DelayFloor {
  /** Half of the smallest round trip believed possible, seconds. */
  floorSeconds = 0;
  /** How far the floor may be wrong, seconds. */
  edgeSeconds = 0;
  /** Degree and scale of one direction's Gamma density above the floor. */
  degree = 1;
  scaleSeconds = 0;
  readonly #sums = new Float64Array(WINDOW);
  readonly #sorted = new Float64Array(WINDOW);
  readonly #scores = new Float64Array(DEGREES.length);
  #count = 0;
  #chosen = 0;

  add(sum: number, precisionSeconds: number): void {
    this.#sums[this.#count++ % WINDOW] = sum;
    const n = Math.min(this.#count, WINDOW);
    const sorted = this.#sorted.subarray(0, n);
    sorted.set(this.#sums.subarray(0, n));
    sorted.sort();
    let used = n;
    while (!this.#fit(used, precisionSeconds) && used >= 2 * FIT_MIN) used >>= 1;
    // The smallest of n exponential sums lies about √(2/n) scales above the floor; half of that is doubt.
    this.edgeSeconds = Math.max((EDGE * this.scaleSeconds) / Math.sqrt(used), precisionSeconds);
  }

  /** Lays the densities through the `n` smallest sums. False when none of them fits. */
  #fit(n: number, precisionSeconds: number): boolean {
    const sorted = this.#sorted;
    const rank = Math.min(Math.floor(n / 50), 3);
    const anchor = sorted[rank] as number;
    const median = sorted[n >> 1] as number;
    const spread = Math.max(median - anchor, 2 * precisionSeconds, n < 3 ? 0.1 * anchor : 0);
    const share = (rank + 0.7) / (n + 0.4);
    const used = Math.ceil(n * LOWER);
    let best = this.#chosen;
    for (let j = 0; j < DEGREES.length; j++) {
      const degree = DEGREES[j] as number;
      if (n < FIT_MIN && j > 0) break;
      const low = gammaQuantile(degree, share);
      const scale = spread / Math.max(gammaQuantile(degree, 0.5) - low, 0.5);
      const floor = anchor - low * scale;
      let logLikelihood = (n - used) * Math.log(1 - gammaBelow(degree, ((sorted[used - 1] as number) - floor) / scale));
      let logFactorial = 0;
      for (let i = 2; i < degree; i++) logFactorial += Math.log(i);
      for (let i = 0; i < used; i++) {
        const z = Math.max(((sorted[i] as number) - floor) / scale, 1e-3);
        logLikelihood += (degree - 1) * Math.log(z) - z;
      }
      logLikelihood -= used * (Math.log(scale) + logFactorial);
      this.#scores[j] = logLikelihood;
      if (logLikelihood > (this.#scores[best] as number)) best = j;
    }
    if ((this.#scores[best] as number) > (this.#scores[this.#chosen] as number) + HYSTERESIS) this.#chosen = best;
    if (n < FIT_MIN) this.#chosen = 0;
    const degree = DEGREES[this.#chosen] as number;
    const low = gammaQuantile(degree, share);
    const scale = spread / Math.max(gammaQuantile(degree, 0.5) - low, 0.5);
    const floor = anchor - low * scale;
    this.scaleSeconds = scale;
    this.degree = degree / 2;
    this.floorSeconds = Math.min(floor, sorted[0] as number) / 2;
    let distance = 0;
    for (let i = 0; i < used; i++) {
      const below = gammaBelow(degree, Math.max(0, (sorted[i] as number) - floor) / scale);
      distance = Math.max(distance, Math.abs((i + 0.5) / n - below));
    }
    this.distance = distance;
    return distance < FIT_DISTANCE / Math.sqrt(n) + 0.01;
  }
  distance = 0;

  trace(): string {
    return `D ${this.distance.toFixed(3)} k ${this.degree} scale ${(this.scaleSeconds * 1e6).toFixed(1)} ${[...this.#scores].map((s) => (s - (this.#scores[this.#chosen] as number)).toFixed(1)).join(' ')}`;
  }
}
