import type { Likelihood } from './belief.ts';
import { type DelayModel, FLOOR_IDEAS } from './delay-model.ts';
import { Mixture } from './mixture.ts';
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
export class FloorBank extends Mixture<WanderBank> {
  constructor() {
    super(FLOOR_IDEAS.map(() => new WanderBank()));
  }

  override reset(): void {
    super.reset();
    for (const bank of this.parts) bank.reset();
  }

  /** Weighs the sample that the delay model took last, by each idea of the floor: see `Mixture.learn`. */
  update(delays: DelayModel): number {
    return this.learn((bank, i) => {
      const lower = delays.lowerSeconds(i);
      return bank.update(delays.byDelays[i] as Likelihood, delays.low - lower, delays.high + lower);
    });
  }
}
