/**
 * The smallest round trip of a path, and roughly what the delays above it look like.
 *
 * Sums of both delays do not depend on the clock at all, so what is learned here cannot be bent by a wrong idea
 * of the offset. How far the floor lies below the smallest sum seen is a matter of the shape: an exponential tail
 * begins right there, a hump far below. So Gamma densities of several degrees are laid through the lower end and
 * the median of the sums (a higher one while they are few), and the one that explains the lower part of them best
 * tells the floor. The upper part is left out (counted only as above): there a path shows its queues, not its shape.
 */

const WINDOW = 512;
/** Degrees of the sum of both delays; each direction has half. */
const DEGREES = [2, 3, 4, 6, 8, 12, 20, 40, 80] as const;
/**
 * A longer route shows in so many sums in a row that are above the floor by some times their spread and the usual
 * spread, and higher than all but a small share of those before; a shorter one in a single sum.
 */
export const MOVED_SAMPLES = 8;
const LONGER = 4;
const SHORTER = 6;
const UNUSUAL = 0.15;
/** Fewest sums that a change of the route is told from, and that a fit may be confined to. */
const FIT_MIN = 16;
/** The spread is taken from a sum above the median until the median has this rank. */
const SPREAD_RANK_MAX = 11;
/** From this many sums on the laws are fitted anew only after so many more, or below the floor. */
const FIT_OFTEN = 64;
const FIT_EVERY = 4;
/** Kolmogorov's distance, times √n, that a fit may have. */
const FIT_DISTANCE = 1.4;
/** Standard errors by which a law's floor is thought to be wrong, and how often. */
const EDGE = 0.25;
const EDGE_YOUNG = 1.5;
const SHIFTS = [-1, 0, 1] as const;
const SHIFT_WEIGHTS = [0.25, 0.5, 0.25] as const;
/**
 * Share of the evidence between laws that counts. All are laid through the same two sums; where chance moved these, a
 * wrong law may fit better than the right one.
 */
const EVIDENCE_SHARE = 0.8;
/** Laws less plausible than this are left out. */
const PLAUSIBLE = 0.02;
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

/**
 * Quantiles of the small sum that the floor hangs on, in scales, by count of sums and degree. Filled when first
 * needed, the same for every source.
 */
const LOWS = new Float64Array((WINDOW + 1) * DEGREES.length);
/** Quantiles of the sum that the spread is taken from while that is not the median, likewise. */
const HIGHS = new Float64Array(2 * (SPREAD_RANK_MAX + 1) * DEGREES.length);
const MEDIANS = Float64Array.from(DEGREES, (degree) => gammaQuantile(degree, 0.5));
const LOG_FACTORIALS = Float64Array.from(DEGREES, logFactorial);

function logFactorial(degree: number): number {
  let sum = 0;
  for (let i = 2; i < degree; i++) sum += Math.log(i);
  return sum;
}

/** Rank, from 0, of the small sum that the floor of `n` sums hangs on; the smallest of many is too erratic. */
function anchorRank(n: number): number {
  return Math.min(Math.floor(n / 50), 3);
}

/** Share of all delays that lie below the sum of that rank, by its median. */
function anchorShare(n: number): number {
  return (anchorRank(n) + 0.7) / (n + 0.4);
}

/**
 * Rank, from 0, of the sum that tells the spread: the median, which no queue bends, once there are enough. Of a few
 * sums half may be alike by chance; then a higher one, since a spread taken too small makes σ a lie.
 */
function spreadRank(n: number): number {
  return Math.max(n >> 1, Math.min(n - 1 - (n >> 2), SPREAD_RANK_MAX));
}

function spreadQuantile(n: number, law: number): number {
  const rank = spreadRank(n);
  if (n === 1 || rank === n >> 1) return MEDIANS[law] as number;
  const at = n * DEGREES.length + law;
  if (HIGHS[at] === 0) HIGHS[at] = gammaQuantile(DEGREES[law] as number, (rank + 0.7) / (n + 0.4));
  return HIGHS[at] as number;
}

function anchorQuantile(n: number, law: number): number {
  const at = n * DEGREES.length + law;
  if (LOWS[at] === 0) LOWS[at] = gammaQuantile(DEGREES[law] as number, anchorShare(n));
  return LOWS[at] as number;
}

/** One way to lay a Gamma density under the sums; quantities of one direction. */
export interface DelayLaw {
  /** How plausible it is; over all laws they sum to 1. */
  weight: number;
  floorSeconds: number;
  degree: number;
  scaleSeconds: number;
}

export class DelayFloor {
  /** Half of the smallest round trip believed possible, seconds. */
  floorSeconds = 0;
  /** How far the floor may be wrong, seconds. */
  edgeSeconds = 0;
  /** Mean delay above the floor by the most plausible law, seconds. */
  meanSeconds = 0;
  /** Standard deviation of a delay by the most plausible law, seconds. */
  deviationSeconds = 0;
  /** What the delays may be like, each law with its floor as it is and a little lower and higher. */
  readonly laws: DelayLaw[] = [];
  readonly #sums = new Float64Array(WINDOW);
  readonly #sorted = new Float64Array(WINDOW);
  readonly #scores = new Float64Array(DEGREES.length);
  readonly #scales = new Float64Array(DEGREES.length);
  readonly #floors = new Float64Array(DEGREES.length);
  readonly #edges = new Float64Array(DEGREES.length);
  readonly #recent = new Float64Array(MOVED_SAMPLES);
  #count = 0;
  #best = 0;

  constructor() {
    for (let i = 0; i < DEGREES.length * SHIFTS.length; i++) {
      this.laws.push({ weight: 0, floorSeconds: 0, degree: 1, scaleSeconds: 1 });
    }
  }

  /**
   * Takes in the sum of both delays of one exchange.
   *
   * @returns over how many samples, this one included, the path has been another one: 0 if it is still the same.
   */
  add(sum: number, precisionSeconds: number): number {
    this.#sums[this.#count++ % WINDOW] = sum;
    const moved = this.#moved(sum);
    if (moved > 0) {
      for (let i = 0; i < moved; i++) this.#recent[i] = this.#sums[(this.#count - moved + i) % WINDOW] as number;
      this.#sums.set(this.#recent.subarray(0, moved));
      this.#count = moved;
    }
    const n = Math.min(this.#count, WINDOW);
    if (n >= FIT_OFTEN && this.#count % FIT_EVERY !== 0 && sum >= 2 * this.floorSeconds) return moved;
    const sorted = this.#sorted.subarray(0, n);
    sorted.set(this.#sums.subarray(0, n));
    sorted.sort();
    let used = n;
    while (!this.#fit(used, precisionSeconds) && used >= 2 * FIT_MIN) used >>= 1;
    this.#judge();
    this.edgeSeconds = Math.max((this.#edges[this.#best] as number) / 2, precisionSeconds);
    const degree = (DEGREES[this.#best] as number) / 2;
    this.meanSeconds = degree * (this.#scales[this.#best] as number);
    this.deviationSeconds = Math.sqrt(degree) * (this.#scales[this.#best] as number);
    return moved;
  }

  /**
   * Whether the route has changed. One sum very far below the floor is enough. Upwards it takes some that lie
   * above what was usual by much more than they differ among themselves: a queue that fills does not do that.
   */
  #moved(sum: number): number {
    if (this.#count <= FIT_MIN) return 0;
    const floor = 2 * this.floorSeconds;
    const usual = 2 * this.meanSeconds;
    if (floor - sum > SHORTER * usual) return 1;
    if (sum - floor < LONGER * usual) return 0;
    const recent = this.#recent;
    for (let i = 0; i < MOVED_SAMPLES; i++) recent[i] = this.#sums[(this.#count - 1 - i) % WINDOW] as number;
    recent.sort();
    const least = recent[0] as number;
    const spread = (recent[MOVED_SAMPLES - 1] as number) - least;
    if (least - floor < LONGER * Math.max(usual, spread)) return 0;
    const n = Math.min(this.#count, WINDOW);
    let above = 0;
    for (let i = 0; i < n; i++) if ((this.#sums[i] as number) >= least) above++;
    return above - MOVED_SAMPLES <= UNUSUAL * n ? MOVED_SAMPLES : 0;
  }

  /** Lays the densities through the `n` smallest sums. False when none of them fits. */
  #fit(n: number, precisionSeconds: number): boolean {
    const sorted = this.#sorted;
    const anchor = sorted[anchorRank(n)] as number;
    const spread = Math.max((sorted[spreadRank(n)] as number) - anchor, 2 * precisionSeconds, n < 3 ? 0.1 * anchor : 0);
    const share = anchorShare(n);
    const used = Math.ceil(n * LOWER);
    const last = sorted[used - 1] as number;
    let best = 0;
    for (let j = 0; j < DEGREES.length; j++) {
      const degree = DEGREES[j] as number;
      const low = anchorQuantile(n, j);
      const scale = spread / Math.max(spreadQuantile(n, j) - low, 0.5);
      const floor = anchor - low * scale;
      const normaliser = LOG_FACTORIALS[j] as number;
      let logLikelihood = (n - used) * Math.log(Math.max(1 - gammaBelow(degree, (last - floor) / scale), 1e-300));
      for (let i = 0; i < used; i++) {
        const z = Math.max(((sorted[i] as number) - floor) / scale, 1e-3);
        logLikelihood += (degree - 1) * Math.log(z) - z;
      }
      this.#scores[j] = logLikelihood - used * (Math.log(scale) + normaliser);
      this.#scales[j] = scale;
      // Light takes time: no sum of two delays is negative, unless the source is a clock without any.
      this.#floors[j] = Math.min(Math.max(floor, 0), sorted[0] as number) / 2;
      // The standard error of the quantile that the floor hangs on.
      const density = Math.exp((degree - 1) * Math.log(low) - low - normaliser);
      this.#edges[j] = ((EDGE + EDGE_YOUNG / n) * scale * Math.sqrt((share * (1 - share)) / n)) / density / 2;
      if ((this.#scores[j] as number) > (this.#scores[best] as number)) best = j;
    }
    this.#best = best;
    const scale = this.#scales[best] as number;
    let distance = 0;
    for (let i = 0; i < used; i++) {
      const z = Math.max(0, (sorted[i] as number) - 2 * (this.#floors[best] as number)) / scale;
      distance = Math.max(distance, Math.abs((i + 0.5) / n - gammaBelow(DEGREES[best] as number, z)));
    }
    return distance < FIT_DISTANCE / Math.sqrt(n) + 0.01;
  }

  /** Weighs the laws by their likelihood; the floor is the lowest of all that are plausible. */
  #judge(): void {
    const top = this.#scores[this.#best] as number;
    let total = 0;
    for (const score of this.#scores) total += Math.exp(EVIDENCE_SHARE * (score - top));
    this.floorSeconds = Number.POSITIVE_INFINITY;
    for (let j = 0; j < DEGREES.length; j++) {
      const weight = Math.exp(EVIDENCE_SHARE * ((this.#scores[j] as number) - top)) / total;
      for (let shift = 0; shift < SHIFTS.length; shift++) {
        const law = this.laws[j * SHIFTS.length + shift] as DelayLaw;
        law.weight = weight < PLAUSIBLE ? 0 : weight * (SHIFT_WEIGHTS[shift] as number);
        if (law.weight === 0) continue;
        law.degree = (DEGREES[j] as number) / 2;
        law.scaleSeconds = this.#scales[j] as number;
        law.floorSeconds = Math.max(
          (this.#floors[j] as number) + (SHIFTS[shift] as number) * (this.#edges[j] as number),
          Math.min(0, this.#floors[j] as number),
        );
        this.floorSeconds = Math.min(this.floorSeconds, law.floorSeconds);
      }
    }
  }
}
