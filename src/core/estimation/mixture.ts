import type { FrequencyPrior } from './belief.ts';

/** Mean and covariance of offset and frequency, and the wander, of a belief that may be made of several. */
export interface Moments {
  readonly offset: number;
  readonly frequency: number;
  readonly varianceOffset: number;
  readonly covariance: number;
  readonly varianceFrequency: number;
  readonly wander: number;
}

/** What a mixture is made of: see `Belief`. */
export interface MixturePart extends Moments {
  start(offset: number, offsetSigma: number, frequencies: readonly FrequencyPrior[]): void;
  advance(seconds: number): void;
}

/**
 * Share of the evidence that counts: a sample's likelihood rests on delays whose shape is only learned, and a part
 * believed in too firmly makes σ a lie until the next sample that says much.
 */
const EVIDENCE_SHARE = 0.7;
/** How much of the evidence survives one sample. */
const EVIDENCE_KEEP = 0.99;

/** Beliefs side by side, weighed by how well each foretells the samples; its own moments are those of all together. */
export abstract class Mixture<Part extends MixturePart> implements Moments {
  offset = 0;
  frequency = 0;
  varianceOffset = 0;
  covariance = 0;
  varianceFrequency = 0;
  wander = 0;
  protected readonly parts: Part[];
  /** Logarithms of likelihoods, summed, the older ones less and less. */
  protected readonly scores: Float64Array;
  /** Sum to 1. */
  protected readonly weights: Float64Array;

  constructor(parts: Part[]) {
    this.parts = parts;
    this.scores = new Float64Array(parts.length);
    this.weights = new Float64Array(parts.length).fill(1 / parts.length);
  }

  /** Forgets all evidence; `start` must follow. */
  reset(): void {
    this.scores.fill(0);
    this.weights.fill(1 / this.parts.length);
  }

  /** Starts all parts: see `Belief.start`. */
  start(offset: number, offsetSigma: number, frequencies: readonly FrequencyPrior[]): void {
    for (const part of this.parts) part.start(offset, offsetSigma, frequencies);
    this.#mix();
  }

  /** Moves all parts `seconds` on. */
  advance(seconds: number): void {
    for (const part of this.parts) part.advance(seconds);
    this.#mix();
  }

  /**
   * Has every part weigh a sample.
   *
   * @param weighed - does that, and returns the likelihood that the part gave it, logarithm.
   * @returns the likelihood of the sample given everything before, logarithm.
   */
  protected learn(weighed: (part: Part, index: number) => number): number {
    const { parts, scores, weights } = this;
    let evidence = 0;
    for (let i = 0; i < parts.length; i++) {
      const one = weighed(parts[i] as Part, i);
      scores[i] = EVIDENCE_KEEP * (scores[i] as number) + one;
      evidence += (weights[i] as number) * Math.exp(one);
    }
    this.weigh();
    this.#mix();
    return Math.log(evidence);
  }

  /** Makes the weights of the scores. */
  protected weigh(): void {
    const { parts, scores, weights } = this;
    for (let i = 0; i < parts.length; i++) {
      weights[i] = EVIDENCE_SHARE * (scores[i] as number) + this.logPrior(parts[i] as Part);
    }
    const top = Math.max(...weights);
    let total = 0;
    for (let i = 0; i < parts.length; i++) {
      weights[i] = Math.exp((weights[i] as number) - top);
      total += weights[i] as number;
    }
    for (let i = 0; i < parts.length; i++) weights[i] = (weights[i] as number) / total;
  }

  /** What is believed of a part before any sample, logarithm. */
  protected logPrior(_part: Part): number {
    return 0;
  }

  #mix(): void {
    const { parts, weights } = this;
    // Offsets differ by little and may be large: what is summed is what they differ by.
    const origin = (parts[0] as Part).offset;
    let offset = 0;
    let frequency = 0;
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i] as Part;
      const weight = weights[i] as number;
      offset += weight * (part.offset - origin);
      frequency += weight * part.frequency;
    }
    let xx = 0;
    let xf = 0;
    let ff = 0;
    let wander = 0;
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i] as Part;
      const weight = weights[i] as number;
      const dx = part.offset - origin - offset;
      const df = part.frequency - frequency;
      xx += weight * (part.varianceOffset + dx * dx);
      xf += weight * (part.covariance + dx * df);
      ff += weight * (part.varianceFrequency + df * df);
      wander += weight * part.wander;
    }
    this.offset = origin + offset;
    this.frequency = frequency;
    this.varianceOffset = xx;
    this.covariance = xf;
    this.varianceFrequency = ff;
    this.wander = wander;
  }
}
