import { Belief, type Likelihood } from './belief.ts';
import { Mixture } from './mixture.ts';

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
/** A sample that nobody foretold tells little about the wander. */
const EVIDENCE_MIN = -100;

export class WanderBank extends Mixture<Belief> {
  constructor() {
    super(Array.from({ length: MODELS }, (_, i) => new Belief(WANDER_USUAL * WANDER_RATIO ** i)));
  }

  override reset(): void {
    super.reset();
    for (const [i, model] of this.parts.entries()) model.wander = WANDER_USUAL * WANDER_RATIO ** i;
  }

  /** Weighs a measurement in all models: see `Belief.update` and `Mixture.learn`. */
  update(likelihood: Likelihood, low: number, high: number): number {
    return this.learn((model) => Math.max(model.update(likelihood, low, high), EVIDENCE_MIN));
  }

  protected override logPrior({ wander }: Belief): number {
    const decades = Math.log10(wander / WANDER_USUAL) / 2;
    return -0.5 * (decades / WANDER_DECADES) ** 2;
  }

  /** Moves the bank along where the best model stands at its end. */
  protected override weigh(): void {
    super.weigh();
    const { parts, scores, weights } = this;
    const lowest = parts[0] as Belief;
    const highest = parts[MODELS - 1] as Belief;
    const best = weights.indexOf(Math.max(...weights));
    if (best === MODELS - 1 && highest.wander < WANDER_MAX) {
      lowest.copyFrom(highest);
      lowest.wander = highest.wander * WANDER_RATIO;
      parts.push(parts.shift() as Belief);
      scores.copyWithin(0, 1);
      this.weigh();
    } else if (best === 0 && lowest.wander > WANDER_MIN) {
      highest.copyFrom(lowest);
      highest.wander = lowest.wander / WANDER_RATIO;
      parts.unshift(parts.pop() as Belief);
      scores.copyWithin(1, 0);
      this.weigh();
    }
  }
}
