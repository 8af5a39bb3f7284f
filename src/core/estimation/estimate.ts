import type { LocalSeconds } from '../ports.ts';
import type { Sample } from './sample.ts';

/** What a source's filter believes at one instant. Filled in place by `SourceFilter.predict`. */
export interface Estimate {
  atLocal: LocalSeconds;
  /** True time minus (epoch + local time); positive: the local timescale is behind. */
  offsetSeconds: number;
  /** One standard deviation of `offsetSeconds`, assuming that the floors of both directions are equal. */
  offsetSigmaSeconds: number;
  /** Seconds the source gains on the local timescale per local second. */
  frequency: number;
  frequencySigma: number;
  /** Covariance of the errors of `offsetSeconds` and `frequency`, seconds. */
  covariance: number;
  /** Variance that the frequency gains per second, (s/s)²/s. */
  wander: number;
  /** Smallest round trip believed possible now, seconds. */
  delayFloorSeconds: number;
  /** Standard deviation of one direction's delays, seconds (what `status` shows as jitter). */
  jitterSeconds: number;
}

/** What is believed before there is anything to believe. */
export const NO_ESTIMATE: Readonly<Estimate> = {
  atLocal: 0,
  offsetSeconds: 0,
  offsetSigmaSeconds: Number.POSITIVE_INFINITY,
  frequency: 0,
  frequencySigma: Number.POSITIVE_INFINITY,
  covariance: 0,
  wander: 0,
  delayFloorSeconds: 0,
  jitterSeconds: 0,
};

/** A source's filter: takes samples in order of time, predicts at any later instant. */
export interface SourceFilter {
  add(sample: Sample): void;
  /** @returns false when there is no estimate yet; `out` is then untouched. */
  predict(atLocal: LocalSeconds, out: Estimate): boolean;
  /** Forgets everything: the source or the local timescale jumped in a way that nobody can convert. */
  reset(): void;
}
