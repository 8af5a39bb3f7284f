import { DelayFloor } from './delay-floor.ts';
import { DelayShape } from './delay-shape.ts';

/**
 * How likely a sample is for every offset: the competing ideas of a path, and which of them holds.
 *
 * - `common`: both directions are alike. Their shape is learned from sums alone, which no clock can bend, and
 *   equal shapes cannot pull the offset to either side. The default.
 * - `offset`: whatever the delays say, the offset itself jitters (a stamp taken late, ports that are hashed onto
 *   paths of opposite asymmetry, a reference clock, which has no delays at all).
 */

export const IDEAS = ['common', 'offset'] as const;
export type Idea = (typeof IDEAS)[number];

const COMMON_MEMORY = 800;
const POINTS = 64;
/** Evidence is the logarithm of a ratio of likelihoods; it fades, is bounded per sample, and must be ahead by some. */
const EVIDENCE_KEEP = 0.99;
const EVIDENCE_STEP = 4;
const EVIDENCE_AHEAD = 6;
/** Samples before ideas are compared. */
const SETTLED = 12;
/** Share of samples whose offset jitters four times as much as usual. */
const WILD = 0.1;
const WILD_RATIO = 4;
const JITTER_KEEP = 1 - 1 / 64;
/** Probability that a delay undercuts the floor without any reason that the model knows. */
const BELOW_FLOOR = 1e-4;
/** Reach of a jittering offset, in standard deviations of the wild ones. */
const OFFSET_REACH = 6;
/** Reach of the floor's doubt, in its standard errors. */
const EDGE_REACH = 8;

export class DelayModel {
  /** The offset lies within [`low`, `high`] if both delays are above the floor. */
  low = 0;
  high = 0;
  idea: Idea = 'common';
  readonly #floor = new DelayFloor();
  readonly #common = new DelayShape(COMMON_MEMORY);
  /** How far the idea of a jittering offset is ahead. */
  #evidence = 0;
  #samples = 0;
  /** Delays of the current sample above the floor, were the offset 0. */
  #upExcess = 0;
  #downExcess = 0;
  /** Mean, variance and height of the current sample's likelihood by the `common` idea. */
  #centre = 0;
  #width = 0;
  #height = 0;
  #jitterVariance = -1;

  get floorSeconds(): number {
    return this.#floor.floorSeconds;
  }

  /** Mean delay above the floor, seconds. */
  get meanSeconds(): number {
    return this.#floor.meanSeconds;
  }

  /** Takes a sample in: learns from its sum, and prepares its likelihood. */
  take(upSeconds: number, downSeconds: number, precisionSeconds: number): void {
    this.#samples++;
    const sum = upSeconds + downSeconds;
    this.#floor.add(sum, precisionSeconds);
    const floor = this.#floor.floorSeconds;
    this.#common.expect(this.#floor.laws, floor, this.#floor.meanSeconds);
    this.#common.learnSum(sum - 2 * floor);
    this.#upExcess = upSeconds - floor;
    this.#downExcess = downSeconds - floor;
    const reach = EDGE_REACH * this.#floor.edgeSeconds;
    this.low = -this.#downExcess - reach;
    this.high = this.#upExcess + reach;
    this.#measure();
  }

  /** Likelihood of the current sample at `count` offsets from `first`, by the idea that holds. */
  readonly likelihood = (first: number, step: number, out: Float64Array, count: number): void => {
    for (let i = 0; i < count; i++) out[i] = this.#likelihoodAt(this.idea, first + i * step);
  };

  /** Compares the ideas by what the belief had foretold for the current sample: a Gaussian of the offset. */
  compare(predicted: number, variance: number): void {
    const sigma = Math.sqrt(variance);
    const from = Math.max(this.low, predicted - 5 * sigma);
    const to = Math.min(this.high, predicted + 5 * sigma);
    let common = 1e-300;
    if (from < to) {
      const step = (to - from) / (POINTS - 1);
      for (let i = 0; i < POINTS; i++) {
        const x = from + i * step;
        const z = (x - predicted) / sigma;
        common += Math.exp(-0.5 * z * z) * this.#likelihoodAt('common', x);
      }
      common *= step / (sigma * 2.5066282746310002);
    }
    const offset = Math.max(this.#offsetLikelihood(predicted, variance), 1e-300);
    this.#learnJitter(predicted, variance);
    if (this.#samples < SETTLED) return;
    const step = Math.min(Math.max(Math.log(offset / common), -EVIDENCE_STEP), EVIDENCE_STEP);
    this.#evidence = EVIDENCE_KEEP * this.#evidence + step;
    if (Math.abs(this.#evidence) > EVIDENCE_AHEAD) this.idea = this.#evidence > 0 ? 'offset' : 'common';
    if (this.idea === 'common') return;
    const reach = OFFSET_REACH * Math.sqrt(WILD_RATIO ** 2 * this.#jitterVariance + this.#width);
    this.low = this.#centre - reach;
    this.high = this.#centre + reach;
  }

  #likelihoodAt(idea: Idea, offset: number): number {
    if (idea === 'offset') return this.#offsetLikelihood(offset, 0);
    const up = this.#upExcess - offset;
    const down = this.#downExcess + offset;
    return this.#density(up) * this.#density(down);
  }

  /** A delay below the floor is a floor that was wrong by a little, or, rarely, anything. */
  #density(excess: number): number {
    if (excess >= 0) return this.#common.density(excess);
    const z = excess / this.#floor.edgeSeconds;
    const mean = this.#floor.meanSeconds;
    const distance = mean - excess;
    return this.#common.density(0) * Math.exp(-0.5 * z * z) + (BELOW_FLOOR * mean) / (distance * distance);
  }

  #offsetLikelihood(offset: number, variance: number): number {
    const square = (offset - this.#centre) ** 2;
    const usual = this.#jitterVariance + this.#width + variance;
    const wild = WILD_RATIO ** 2 * this.#jitterVariance + this.#width + variance;
    return (
      (this.#height / 2.5066282746310002) *
      (((1 - WILD) / Math.sqrt(usual)) * Math.exp((-0.5 * square) / usual) +
        (WILD / Math.sqrt(wild)) * Math.exp((-0.5 * square) / wild))
    );
  }

  /** Moments of the sample's likelihood by the `common` idea, over all offsets that the floor allows. */
  #measure(): void {
    const step = (this.high - this.low) / (POINTS - 1);
    let total = 1e-300;
    let mean = 0;
    let square = 0;
    for (let i = 0; i < POINTS; i++) {
      const mass = this.#likelihoodAt('common', this.low + i * step);
      total += mass;
      mean += mass * i;
      square += mass * i * i;
    }
    mean /= total;
    this.#height = total * step;
    this.#centre = this.low + mean * step;
    this.#width = Math.max(square / total - mean * mean, 0) * step * step;
  }

  #learnJitter(predicted: number, variance: number): void {
    const square = Math.max((this.#centre - predicted) ** 2 - this.#width - variance, 1e-18);
    if (this.#jitterVariance < 0) this.#jitterVariance = square;
    const bounded = Math.min(square, 9 * this.#jitterVariance + 1e-14);
    this.#jitterVariance = JITTER_KEEP * this.#jitterVariance + (1 - JITTER_KEEP) * bounded;
  }
}
