import type { FrequencyPrior, Likelihood } from './belief.ts';
import { type DelayModel, FLOOR_IDEAS } from './delay-model.ts';
import { type Moments, mix } from './mixture.ts';
import { WanderBank } from './wander-bank.ts';

/**
 * Beliefs for floors of different depth, side by side, weighed by how well each foretells the samples.
 *
 * A floor that is believed too high is an error that all samples have in common. To a filter that takes it for each
 * sample's own, the few packets that come nearest to the true floor, in one direction, prove an offset that is none,
 * and the more of them the more surely. Both directions together tell: under too high a floor the one contradicts the
 * other, under a lower one they agree. So the floor is something to believe about, as the wander is, and σ holds what
 * the beliefs differ by.
 */

/** Share of the evidence that counts, and how much of it survives one sample: see `WanderBank`. */
const EVIDENCE_SHARE = 0.7;
const EVIDENCE_KEEP = 0.99;

export class FloorBank implements Moments {
  offset = 0;
  frequency = 0;
  varianceOffset = 0;
  covariance = 0;
  varianceFrequency = 0;
  wander = 0;
  readonly #banks: readonly WanderBank[] = FLOOR_IDEAS.map(() => new WanderBank());
  readonly #scores = new Float64Array(FLOOR_IDEAS.length);
  readonly #weights = new Float64Array(FLOOR_IDEAS.length).fill(1 / FLOOR_IDEAS.length);

  /** Forgets all evidence; `start` must follow. */
  reset(): void {
    for (const bank of this.#banks) bank.reset();
    this.#scores.fill(0);
    this.#weights.fill(1 / FLOOR_IDEAS.length);
  }

  /** Starts all beliefs: see `Belief.start`. */
  start(offset: number, offsetSigma: number, frequencies: readonly FrequencyPrior[]): void {
    for (const bank of this.#banks) bank.start(offset, offsetSigma, frequencies);
    mix(this.#banks, this.#weights, this);
  }

  /** Moves all beliefs `seconds` on. */
  advance(seconds: number): void {
    for (const bank of this.#banks) bank.advance(seconds);
    mix(this.#banks, this.#weights, this);
  }

  /**
   * Weighs the sample that the delay model took last, by each idea of the floor.
   *
   * @returns the likelihood of the sample given everything before, logarithm.
   */
  update(delays: DelayModel): number {
    let evidence = 0;
    for (const [i, bank] of this.#banks.entries()) {
      const lower = delays.lowerSeconds(i);
      const one = bank.update(delays.byDelays[i] as Likelihood, delays.low - lower, delays.high + lower);
      evidence += (this.#weights[i] as number) * Math.exp(one);
      this.#scores[i] = EVIDENCE_KEEP * (this.#scores[i] as number) + one;
    }
    const top = Math.max(...this.#scores);
    let total = 0;
    for (const [i, score] of this.#scores.entries())
      total += this.#weights[i] = Math.exp(EVIDENCE_SHARE * (score - top));
    for (const [i, weight] of this.#weights.entries()) this.#weights[i] = weight / total;
    mix(this.#banks, this.#weights, this);
    return Math.log(evidence);
  }
}
