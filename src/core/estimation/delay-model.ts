import type { Likelihood } from './belief.ts';
import { DelayFloor, MOVED_SAMPLES } from './delay-floor.ts';
import { DelayShape } from './delay-shape.ts';

/**
 * How likely a sample is for every offset, by two ideas of what a path does.
 *
 * - Delays: both directions have a floor and the same shape above it. The shape is learned from sums alone, which
 *   no clock can bend, and equal shapes cannot pull the offset to either side.
 * - Jitter: whatever the delays say, the offset itself jitters (a stamp taken late, ports that are hashed onto
 *   paths of opposite asymmetry, a reference clock, which has no delays at all).
 */

const SHAPE_MEMORY = 800;
const POINTS = 64;
/** Share of samples whose offset jitters four times as much as usual. */
const WILD = 0.1;
const WILD_RATIO = 4;
const JITTER_MEMORY = 64;
/** Samples before one that is out of proportion counts for less. */
const JITTER_FIRST = 8;
const JITTER_MIN = 1e-8;
/** Standard errors of the offset that an asymmetry must exceed. */
const MOVED_SIGMAS = 5;
/** σ of an asymmetry for a single sample that it was taken from, in mean delays above the floor; less for more by √n. */
const MOVED_MEANS = 0.7;
/** Probability that a delay undercuts the floor without any reason that the model knows. */
const BELOW_FLOOR = 1e-4;
/** Reach of a jittering offset, in standard deviations of the wild ones. */
const JITTER_REACH = 6;
/** Reach of the floor's doubt, in its standard errors. */
const EDGE_REACH = 8;

/** How far below the floor that sums tell it may be, as shares of the mean delay above it. */
export const FLOOR_IDEAS: readonly number[] = [0, 0.1];

export class DelayModel {
  /** The offset lies within [`low`, `high`] if both delays are above the floor. */
  low = 0;
  high = 0;
  readonly #floor = new DelayFloor();
  /** Half of what the floor towards the source exceeds the one back by. */
  #asymmetry = 0;
  #asymmetryVariance = 0;
  /** Samples since the route changed, up to `MOVED_SAMPLES`; σ of the offset and mean delay above the floor until then. */
  #sinceMove = MOVED_SAMPLES;
  #sigmaAtMove = 0;
  #meanAtMove = 0;
  readonly #recentUp = new Float64Array(MOVED_SAMPLES);
  readonly #recentDown = new Float64Array(MOVED_SAMPLES);
  #taken = 0;
  readonly #shape = new DelayShape(SHAPE_MEMORY);
  /** Delays of the current sample above the floor, were the offset 0. */
  #upExcess = 0;
  #downExcess = 0;
  /** Mean, variance and height of the current sample's likelihood by the delays. */
  #centre = 0;
  #width = 0;
  #height = 0;
  #jitterSamples = 0;
  #jitterVariance = JITTER_MIN ** 2;

  get floorSeconds(): number {
    return this.#floor.floorSeconds;
  }

  /** Mean delay above the floor, seconds. */
  get meanSeconds(): number {
    return this.#floor.meanSeconds;
  }

  /** Standard deviation of a delay, seconds. */
  get deviationSeconds(): number {
    return this.#floor.deviationSeconds;
  }

  /** Variance of what the floors were found to differ by: an error that all samples since have in common, s². */
  get asymmetryVariance(): number {
    return this.#asymmetryVariance;
  }

  /** Offset by the current sample alone, and its σ. */
  get offsetSeconds(): number {
    return this.#centre;
  }

  get offsetSigmaSeconds(): number {
    return Math.sqrt(this.#width);
  }

  /**
   * Takes a sample in: learns from its sum, and prepares its likelihood.
   *
   * @param expected - the offset that was foretold for it, and `sigma` how surely; NaN for the first sample.
   */
  take(upSeconds: number, downSeconds: number, precisionSeconds: number, expected: number, sigma: number): void {
    const sum = upSeconds + downSeconds;
    const slot = this.#taken++ % MOVED_SAMPLES;
    this.#recentUp[slot] = upSeconds - expected;
    this.#recentDown[slot] = downSeconds + expected;
    const meanBefore = this.#floor.meanSeconds;
    const moved = this.#floor.add(sum, precisionSeconds);
    if (moved > 0) {
      this.#sinceMove = moved;
      this.#sigmaAtMove = sigma;
      this.#meanAtMove = meanBefore;
      this.#share();
    } else if (this.#sinceMove < MOVED_SAMPLES) {
      // A shorter route shows in one sample, but how it is shared out only in several.
      this.#sinceMove++;
      this.#share();
    }
    const floor = this.#floor.floorSeconds;
    this.#shape.expect(this.#floor.laws, floor, this.#floor.meanSeconds);
    this.#shape.learnSum(sum - 2 * floor);
    this.#upExcess = upSeconds - this.#asymmetry - floor;
    this.#downExcess = downSeconds + this.#asymmetry - floor;
    const reach = EDGE_REACH * this.#floor.edgeSeconds;
    this.low = -this.#downExcess - reach;
    this.high = this.#upExcess + reach;
    this.#measure();
  }

  /**
   * Shares a change of the route out between the directions. While the clock is known better than the route has
   * changed, it tells which direction became longer; the offset need not follow. If both did about equally, as
   * most do, the floors count as equal again.
   */
  #share(): void {
    const samples = this.#sinceMove;
    let up = Number.POSITIVE_INFINITY;
    let down = Number.POSITIVE_INFINITY;
    for (let i = 0; i < samples; i++) {
      const slot = (this.#taken - 1 - i) % MOVED_SAMPLES;
      up = Math.min(up, this.#recentUp[slot] as number);
      down = Math.min(down, this.#recentDown[slot] as number);
    }
    const asymmetry = (up - down) / 2;
    const sigma = this.#sigmaAtMove;
    const doubt = MOVED_SIGMAS * sigma + 2 * this.#meanAtMove;
    const isOneSided = Math.abs(asymmetry) > doubt;
    this.#asymmetry = isOneSided ? asymmetry : 0;
    this.#asymmetryVariance = isOneSided ? sigma ** 2 + (MOVED_MEANS * this.#meanAtMove) ** 2 / samples : 0;
  }

  /** For each idea of the floor: likelihood of the current sample at `count` offsets from `first`, by the delays. */
  readonly byDelays: readonly Likelihood[] = FLOOR_IDEAS.map((idea) => (first, step, out, count) => {
    for (let i = 0; i < count; i++) out[i] = this.#likelihoodAt(first + i * step, idea);
  });

  /** How far below `floorSeconds` the floor is by one of `FLOOR_IDEAS`: `low` and `high` lie further out by as much. */
  lowerSeconds(index: number): number {
    return (FLOOR_IDEAS[index] as number) * this.#floor.meanSeconds;
  }

  /** Likelihood of the current sample at `count` offsets from `first`, by the jitter of the offset. */
  readonly byJitter = (first: number, step: number, out: Float64Array, count: number): void => {
    const usual = this.#jitterVariance + this.#width;
    const wild = WILD_RATIO ** 2 * this.#jitterVariance + this.#width;
    const height = this.#height / 2.5066282746310002;
    const usualHeight = (height * (1 - WILD)) / Math.sqrt(usual);
    const wildHeight = (height * WILD) / Math.sqrt(wild);
    for (let i = 0; i < count; i++) {
      const square = -0.5 * (first + i * step - this.#centre) ** 2;
      out[i] = usualHeight * Math.exp(square / usual) + wildHeight * Math.exp(square / wild);
    }
  };

  /** How far from `offsetSeconds` a jittering offset may be, seconds. */
  get jitterReach(): number {
    return JITTER_REACH * Math.sqrt(WILD_RATIO ** 2 * this.#jitterVariance + this.#width);
  }

  /** Learns how much the offset jitters from what had been foretold for the current sample. */
  learnJitter(predicted: number, variance: number): void {
    const square = Math.max((this.#centre - predicted) ** 2 - this.#width - variance, JITTER_MIN ** 2);
    const gain = 1 / Math.min(++this.#jitterSamples, JITTER_MEMORY);
    const bounded = this.#jitterSamples < JITTER_FIRST ? square : Math.min(square, 16 * this.#jitterVariance);
    this.#jitterVariance += gain * (bounded - this.#jitterVariance);
  }

  #likelihoodAt(offset: number, idea: number): number {
    return this.#density(this.#upExcess - offset, idea) * this.#density(this.#downExcess + offset, idea);
  }

  /**
   * Density of a delay that exceeds `floorSeconds` by `excess`, were the floor lower by the share `idea` of the mean
   * excess: what is above it is then stretched by as much. A delay below the floor is a floor that was wrong by a
   * little, or, rarely, anything.
   */
  #density(excess: number, idea: number): number {
    const mean = this.#floor.meanSeconds;
    const stretch = 1 + idea;
    const scaled = (excess + idea * mean) / stretch;
    if (scaled >= 0) return this.#shape.density(scaled) / stretch;
    const z = scaled / this.#floor.edgeSeconds;
    const distance = mean - scaled;
    return (this.#shape.density(0) * Math.exp(-0.5 * z * z) + (BELOW_FLOOR * mean) / (distance * distance)) / stretch;
  }

  /** Moments of the sample's likelihood by the delays, over all offsets that the floor allows. */
  #measure(): void {
    const step = (this.high - this.low) / (POINTS - 1);
    let total = 1e-300;
    let mean = 0;
    let square = 0;
    for (let i = 0; i < POINTS; i++) {
      const mass = this.#likelihoodAt(this.low + i * step, 0);
      total += mass;
      mean += mass * i;
      square += mass * i * i;
    }
    mean /= total;
    this.#height = total * step;
    this.#centre = this.low + mean * step;
    this.#width = Math.max(square / total - mean * mean, 0) * step * step;
  }
}
