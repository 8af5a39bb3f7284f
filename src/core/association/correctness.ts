import type { Sample } from '../estimation/sample.ts';
import type { LocalSeconds } from '../ports.ts';
import { PHI } from '../system-variables.ts';

/** Samples that can still narrow the interval: PHI makes older ones wider than the newest soon. */
const KEPT = 16;

/** Where the source's time must be: no assumption about the path but that nothing arrives before it is sent. */
export interface Interval {
  lowSeconds: number;
  highSeconds: number;
}

interface Bound {
  readonly atLocal: LocalSeconds;
  readonly low: number;
  readonly high: number;
  readonly roundTripSeconds: number;
  /** The source's own root distance when it answered. */
  readonly remoteSeconds: number;
}

/**
 * The correctness interval of one source (RFC 5905 §11.2.1), from its raw stamps: a packet takes time both ways, so
 * the offset is at most T2 − T1 and at least T3 − T4, whatever the asymmetry. Older samples count with PHI of growth
 * about the believed frequency; every one of them holds, so the interval is what they have in common.
 */
export class Correctness {
  #bounds: Bound[] = [];

  add(sample: Sample, remoteSeconds: number): void {
    const slack = sample.precisionSeconds + PHI * sample.durationSeconds;
    this.#bounds.push({
      atLocal: sample.atLocal,
      low: -sample.downSeconds - slack,
      high: sample.upSeconds + slack,
      roundTripSeconds: sample.upSeconds + sample.downSeconds,
      remoteSeconds,
    });
    if (this.#bounds.length > KEPT) this.#bounds.shift();
  }

  /** The shortest round trip of these samples, seconds; 0 without any. */
  get roundTripSeconds(): number {
    const shortest = Math.min(...this.#bounds.map((bound) => bound.roundTripSeconds));
    return Number.isFinite(shortest) ? Math.max(0, shortest) : 0;
  }

  reset(): void {
    this.#bounds = [];
  }

  /**
   * The interval of true time less (epoch + local time) at `nowLocal`.
   *
   * Samples that contradict the newest ones are dropped for good: the source or the timescale moved in between.
   *
   * @param frequency - believed frequency of the local timescale.
   * @param frequencyError - largest error of it; PHI at least is assumed.
   * @returns false when there is no sample.
   */
  at(nowLocal: LocalSeconds, frequency: number, frequencyError: number, out: Interval): boolean {
    const growth = Math.max(PHI, frequencyError);
    let low = Number.NEGATIVE_INFINITY;
    let high = Number.POSITIVE_INFINITY;
    for (let index = this.#bounds.length - 1; index >= 0; index--) {
      const bound = this.#bounds[index] as Bound;
      const age = Math.max(0, nowLocal - bound.atLocal);
      const drift = frequency * (nowLocal - bound.atLocal);
      const spread = bound.remoteSeconds + growth * age;
      const newLow = Math.max(low, bound.low + drift - spread);
      const newHigh = Math.min(high, bound.high + drift + spread);
      if (newLow > newHigh) {
        this.#bounds.splice(0, index + 1);
        break;
      }
      low = newLow;
      high = newHigh;
    }
    out.lowSeconds = low;
    out.highSeconds = high;
    return this.#bounds.length > 0;
  }
}
