import type { Estimate, SourceFilter } from '../estimation/estimate.ts';
import type { Sample } from '../estimation/sample.ts';

/** So many samples in a row that exclude what the filter believes after them: something jumped. */
const CONTRADICTIONS_MAX = 3;
/** How far beyond a sample's own limits the filter may be, as a share of the round trip: stamps are noisy. */
const CONTRADICTION_SHARE = 0.5;

const estimate = {} as Estimate;

/**
 * A safety net under a filter: what it believes after a sample has to lie between T3 − T4 and T2 − T1 of that
 * sample, or nearly so, because no packet arrives before it is sent.
 */
export class Contradiction {
  #count = 0;

  /** Whether this sample, which the filter has just taken, is the last of several that it cannot explain. */
  isDisproved(filter: SourceFilter, sample: Sample): boolean {
    if (!filter.predict(sample.atLocal, estimate)) return false;
    const { upSeconds, downSeconds, precisionSeconds } = sample;
    const margin = precisionSeconds + CONTRADICTION_SHARE * Math.max(0, upSeconds + downSeconds);
    const { offsetSeconds } = estimate;
    const isPossible = offsetSeconds <= upSeconds + margin && offsetSeconds >= -downSeconds - margin;
    this.#count = isPossible ? 0 : this.#count + 1;
    if (this.#count < CONTRADICTIONS_MAX) return false;
    this.#count = 0;
    return true;
  }

  reset(): void {
    this.#count = 0;
  }
}
