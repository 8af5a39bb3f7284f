/**
 * Where a source's offset and frequency may lie, as a sum of Gaussians in the plane (offset, frequency).
 *
 * The oscillator is an integrated random walk: frequency gains a variance q per second. Moving a Gaussian in time
 * is exact. A measurement speaks only about the offset, and not in Gaussian terms (a delay's floor makes an
 * edge); so it is weighed on a grid of offsets, where the frequency given the offset is one Gaussian per point.
 * The points, widened to overlap, are the next Gaussians of the sum. An edge thus stays an edge over many
 * samples, which a single Gaussian would forget at once.
 */

const POINTS = 48;
/** σ of the Gaussian that stands for one point of the grid, in steps of the grid. */
const KERNEL = 0.65;
const ZOOMS_MAX = 24;
/** Steps of the grid that one σ of the product must have. */
const RESOLUTION = 3.2;
/** Standard deviations of the belief, and of the widest jump, that the grid reaches. */
const REACH = 6;
const JUMP_REACH = 4;
/** Room for the grid's Gaussians and one per kind of jump. */
const GAUSSIANS = POINTS + 2;

/**
 * What else may have happened since the last sample: the frequency jumped (temperature, load), or offset and
 * frequency did (a machine moved, a source reset). Rate per second; σ of both jumps.
 */
const JUMPS = [
  { rate: 2e-7, offset: 0, frequency: 1e-6 },
  { rate: 1e-9, offset: 0.1, frequency: 1e-4 },
] as const;

/** One of the Gaussians that the frequency is believed to be at first: s/s; the weights of all sum to 1. */
export interface FrequencyPrior {
  readonly weight: number;
  readonly frequency: number;
  readonly sigma: number;
}

/** Fills `out[i]` with the likelihood of the measurement if the offset were `first + i × step`. */
export type Likelihood = (first: number, step: number, out: Float64Array, count: number) => void;

export class Belief {
  /** Variance that the frequency gains per second, (s/s)²/s. */
  wander: number;
  offset = 0;
  frequency = 0;
  varianceOffset = 0;
  covariance = 0;
  varianceFrequency = 0;
  /** The grid of the last update: mass `masses[i]` at `first + i × step`. */
  readonly masses: Float64Array = new Float64Array(POINTS);
  first = 0;
  step = 0;
  readonly points: number = POINTS;
  #count = 0;
  readonly #weight = new Float64Array(GAUSSIANS);
  readonly #x = new Float64Array(GAUSSIANS);
  readonly #f = new Float64Array(GAUSSIANS);
  readonly #xx = new Float64Array(GAUSSIANS);
  readonly #xf = new Float64Array(GAUSSIANS);
  readonly #ff = new Float64Array(GAUSSIANS);
  readonly #likelihood = new Float64Array(POINTS);
  readonly #mass = new Float64Array(POINTS);
  readonly #sumF = new Float64Array(POINTS);
  readonly #sumFF = new Float64Array(POINTS);

  constructor(wander: number) {
    this.wander = wander;
  }

  /** Starts from independent Gaussians of the offset and the frequency; the latter may be a sum of several. */
  start(offset: number, offsetSigma: number, frequencies: readonly FrequencyPrior[]): void {
    this.#count = frequencies.length;
    for (const [k, { weight, frequency, sigma }] of frequencies.entries()) {
      this.#weight[k] = weight;
      this.#x[k] = offset;
      this.#f[k] = frequency;
      this.#xx[k] = offsetSigma ** 2;
      this.#xf[k] = 0;
      this.#ff[k] = sigma ** 2;
    }
    this.#summarise();
  }

  copyFrom(other: Belief): void {
    this.#count = other.#count;
    this.#weight.set(other.#weight);
    this.#x.set(other.#x);
    this.#f.set(other.#f);
    this.#xx.set(other.#xx);
    this.#xf.set(other.#xf);
    this.#ff.set(other.#ff);
    this.masses.set(other.masses);
    this.first = other.first;
    this.step = other.step;
    this.#summarise();
  }

  /** Moves the belief `seconds` on. */
  advance(seconds: number): void {
    const q = this.wander;
    for (let k = 0; k < this.#count; k++) {
      const ff = this.#ff[k] as number;
      const xf = this.#xf[k] as number;
      this.#x[k] = (this.#x[k] as number) + (this.#f[k] as number) * seconds;
      this.#xx[k] = (this.#xx[k] as number) + seconds * (2 * xf + seconds * (ff + (q * seconds) / 3));
      this.#xf[k] = xf + seconds * (ff + (q * seconds) / 2);
      this.#ff[k] = ff + q * seconds;
    }
    this.#summarise();
    this.#consider(seconds);
  }

  /** Adds what the belief would be had a jump happened at some moment of the last `seconds`. */
  #consider(seconds: number): void {
    for (const jump of JUMPS) {
      const k = this.#count++;
      const offset = jump.offset ** 2;
      const frequency = jump.frequency ** 2;
      this.#weight[k] = Math.min(0.01, jump.rate * seconds);
      this.#x[k] = this.offset;
      this.#f[k] = this.frequency;
      this.#xx[k] = this.varianceOffset + offset + (frequency * seconds * seconds) / 3;
      this.#xf[k] = this.covariance + (frequency * seconds) / 2;
      this.#ff[k] = this.varianceFrequency + frequency;
    }
  }

  /**
   * Weighs a measurement of the offset, which surely lies in [`low`, `high`] unless the belief says otherwise.
   *
   * @returns the likelihood of the measurement given everything before, logarithm.
   */
  update(likelihood: Likelihood, low: number, high: number): number {
    const reach = REACH * Math.sqrt(this.varianceOffset);
    const jumpReach = JUMP_REACH * Math.sqrt(this.#xx[this.#count - 1] as number);
    const from = Math.max(low, this.offset - jumpReach);
    const to = Math.min(high, this.offset + jumpReach);
    let evidence = from < to ? this.#weigh(likelihood, from, to) : 0;
    if (!(from < this.offset && this.offset < to)) {
      // Sample and belief contradict each other: a jump to where the sample points, or a sample to be doubted.
      const doubted = this.#weigh(likelihood, this.offset - reach, this.offset + reach);
      if (doubted > evidence) evidence = doubted;
      else evidence = this.#weigh(likelihood, from, to);
    }
    if (evidence > 0) this.#settle();
    // Nobody can explain this one: the jumps that were considered go, the rest stays as it was.
    else this.#count -= JUMPS.length;
    return Math.log(evidence);
  }

  /**
   * Multiplies the sum of Gaussians with a likelihood on a grid between two offsets, made finer until it
   * resolves the product.
   *
   * @returns the integral of the product; 0 when nothing is left of it.
   */
  #weigh(likelihood: Likelihood, low: number, high: number): number {
    const mass = this.#mass;
    let from = low;
    let to = high;
    let evidence = 0;
    for (let zoom = 0; zoom < ZOOMS_MAX; zoom++) {
      const step = (to - from) / (POINTS - 1);
      this.#spread(from, step);
      likelihood(from, step, this.#likelihood, POINTS);
      let total = 0;
      let mean = 0;
      for (let i = 0; i < POINTS; i++) {
        const m = (mass[i] as number) * (this.#likelihood[i] as number);
        mass[i] = m;
        total += m;
        mean += m * i;
      }
      if (!(total > 0)) return 0;
      mean /= total;
      let variance = 0;
      for (let i = 0; i < POINTS; i++) variance += (mass[i] as number) * (i - mean) ** 2;
      const sigma = Math.sqrt(variance / total);
      evidence = total * step;
      this.first = from;
      this.step = step;
      if (sigma > RESOLUTION) break;
      const half = Math.max(7 * sigma, 2);
      to = from + Math.min(POINTS - 1, mean + half) * step;
      from += Math.max(0, mean - half) * step;
    }
    return evidence;
  }

  /** Density of the predicted sum of Gaussians, with the moments of the frequency, at the points of a grid. */
  #spread(first: number, step: number): void {
    const mass = this.#mass;
    const sumF = this.#sumF;
    const sumFF = this.#sumFF;
    mass.fill(0);
    sumF.fill(0);
    sumFF.fill(0);
    const narrowest = (KERNEL * step) ** 2;
    for (let k = 0; k < this.#count; k++) {
      const weight = this.#weight[k] as number;
      const xx = Math.max(this.#xx[k] as number, narrowest);
      const sigma = Math.sqrt(xx);
      const x = this.#x[k] as number;
      const begin = Math.max(0, Math.ceil((x - 6 * sigma - first) / step));
      const end = Math.min(POINTS - 1, Math.floor((x + 6 * sigma - first) / step));
      if (begin > end) continue;
      const slope = (this.#xf[k] as number) / xx;
      const f = this.#f[k] as number;
      const ff = (this.#ff[k] as number) - slope * (this.#xf[k] as number);
      // exp(−z²/2) at equal distances by recurrence: two exponentials for a whole Gaussian.
      const z = (first + begin * step - x) / sigma;
      const dz = step / sigma;
      let height = (weight / (sigma * 2.5066282746310002)) * Math.exp(-0.5 * z * z);
      let ratio = Math.exp(-dz * (z + 0.5 * dz));
      const shrink = Math.exp(-dz * dz);
      let mean = f + slope * (first + begin * step - x);
      for (let i = begin; i <= end; i++) {
        mass[i] = (mass[i] as number) + height;
        sumF[i] = (sumF[i] as number) + height * mean;
        sumFF[i] = (sumFF[i] as number) + height * (mean * mean + ff);
        height *= ratio;
        ratio *= shrink;
        mean += slope * step;
      }
    }
    for (let i = 0; i < POINTS; i++) {
      const total = mass[i] as number;
      if (total === 0) continue;
      const mean = (sumF[i] as number) / total;
      sumF[i] = mean;
      sumFF[i] = Math.max(0, (sumFF[i] as number) / total - mean * mean);
    }
  }

  /** Makes the points of the grid the Gaussians of the sum, without changing its mean and variance. */
  #settle(): void {
    const mass = this.#mass;
    let total = 0;
    let mean = 0;
    for (let i = 0; i < POINTS; i++) {
      total += mass[i] as number;
      mean += (mass[i] as number) * i;
    }
    mean /= total;
    let variance = 0;
    for (let i = 0; i < POINTS; i++) variance += (mass[i] as number) * (i - mean) ** 2;
    variance /= total;
    const shrink = Math.sqrt(Math.max(0, 1 - KERNEL ** 2 / variance));
    let count = 0;
    for (let i = 0; i < POINTS; i++) {
      const share = (mass[i] as number) / total;
      this.masses[i] = share;
      if (share < 1e-9) continue;
      this.#weight[count] = share;
      this.#x[count] = this.first + (mean + (i - mean) * shrink) * this.step;
      this.#f[count] = this.#sumF[i] as number;
      this.#xx[count] = (KERNEL * this.step) ** 2;
      this.#xf[count] = 0;
      this.#ff[count] = this.#sumFF[i] as number;
      count++;
    }
    this.#count = count;
    this.#summarise();
  }

  #summarise(): void {
    let total = 0;
    let x = 0;
    let f = 0;
    const origin = this.#x[0] as number;
    for (let k = 0; k < this.#count; k++) {
      const weight = this.#weight[k] as number;
      total += weight;
      x += weight * ((this.#x[k] as number) - origin);
      f += weight * (this.#f[k] as number);
    }
    x /= total;
    f /= total;
    let xx = 0;
    let xf = 0;
    let ff = 0;
    for (let k = 0; k < this.#count; k++) {
      const weight = this.#weight[k] as number;
      const dx = (this.#x[k] as number) - origin - x;
      const df = (this.#f[k] as number) - f;
      xx += weight * ((this.#xx[k] as number) + dx * dx);
      xf += weight * ((this.#xf[k] as number) + dx * df);
      ff += weight * ((this.#ff[k] as number) + df * df);
    }
    this.offset = origin + x;
    this.frequency = f;
    this.varianceOffset = xx / total;
    this.covariance = xf / total;
    this.varianceFrequency = ff / total;
  }
}
