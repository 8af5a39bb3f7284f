import type { Candidate } from './candidate.ts';

/**
 * Share of a source's round trip (its own to us and its to its root) and of its root dispersion by which its time
 * may be wrong without showing in its noise: unequal paths, wrong upstreams.
 */
const SYSTEMATIC_SHARE = 0.02;

/** σ of a source's own clock, which no protocol tells, as a share of its round trip to its root and its dispersion. */
const REMOTE_SHARE = 0.005;

/**
 * Share of a variance that all sources have in common, because their filters chase the same wandering oscillator: no
 * number of sources averages it out. These are those of the best filter for an integrated random walk in its steady
 * state: of the offset's variance the wander makes a quarter and the measurements three, of the frequency's the other
 * way round.
 */
const COMMON_OFFSET = 1 / 4;
const COMMON_COVARIANCE = 1 / 2;
const COMMON_FREQUENCY = 3 / 4;

/** Weighted mean of several figures. */
interface Mean {
  readonly value: number;
  readonly sigma: number;
  /** Share of each figure, in order. */
  readonly shares: readonly number[];
}

export interface Combination {
  readonly offsetSeconds: number;
  readonly offsetSigmaSeconds: number;
  readonly frequency: number;
  readonly frequencySigma: number;
  /** Of the errors of offset and frequency, seconds: σ of the offset grows by it from here on. */
  readonly covariance: number;
  /** Variance that the local oscillator's frequency gains per second, (s/s)²/s. */
  readonly wander: number;
  /** Share of each survivor in the offset, in the order given. */
  readonly shares: readonly number[];
}

/** Variance of a source's offset for weighing: its noise and what its noise does not show. */
export function offsetVariance(candidate: Candidate): number {
  const { delaySeconds, rootDelaySeconds, rootDispersionSeconds, offsetSigmaSeconds } = candidate;
  const systematic = SYSTEMATIC_SHARE * (delaySeconds + rootDelaySeconds + rootDispersionSeconds);
  return offsetSigmaSeconds ** 2 + systematic ** 2;
}

/** σ of a source's offset: what its noise shows, and what its own clock may be off by. */
function noiseSigma({ offsetSigmaSeconds, rootDelaySeconds, rootDispersionSeconds }: Candidate): number {
  return Math.hypot(offsetSigmaSeconds, REMOTE_SHARE * (rootDelaySeconds + rootDispersionSeconds));
}

/**
 * Combines the survivors into one line (RFC 5905 §11.2.3). Weights are inverse variances; where the sources
 * disagree by more than their variances allow, the excess is common to all (DerSimonian and Laird's random
 * effects), so that no source that only believes itself precise outvotes the others.
 *
 * @param survivors - at least one, all at the same local time. Of one alone the line is passed on unchanged.
 */
export function combine(survivors: readonly Candidate[]): Combination {
  const [only] = survivors;
  if (only !== undefined && survivors.length === 1) {
    const { offsetSeconds, frequency, frequencySigma, covariance, wander } = only;
    return {
      offsetSeconds,
      offsetSigmaSeconds: noiseSigma(only),
      frequency,
      frequencySigma,
      covariance,
      wander,
      shares: [1],
    };
  }
  const offset = weightedMean(
    survivors.map((one) => one.offsetSeconds),
    survivors.map(offsetVariance),
    survivors.map((one) => noiseSigma(one) ** 2),
    COMMON_OFFSET,
  );
  const variances = survivors.map((one) => one.frequencySigma ** 2);
  const frequency = weightedMean(
    survivors.map((one) => one.frequency),
    variances,
    variances,
    COMMON_FREQUENCY,
  );
  const shared = sum(survivors.map((one, i) => at(offset.shares, i) * one.covariance));
  const own = sum(survivors.map((one, i) => at(offset.shares, i) * at(frequency.shares, i) * one.covariance));
  return {
    offsetSeconds: offset.value,
    offsetSigmaSeconds: offset.sigma,
    frequency: frequency.value,
    frequencySigma: frequency.sigma,
    covariance: COMMON_COVARIANCE * shared + (1 - COMMON_COVARIANCE) * own,
    wander: sum(survivors.map((one, i) => at(frequency.shares, i) * one.wander)),
    shares: offset.shares,
  };
}

/**
 * @param noise - variance of each figure by itself.
 * @param common - share of it that is the same error in all of them.
 */
function weightedMean(
  values: readonly number[],
  variances: readonly number[],
  noise: readonly number[],
  common: number,
): Mean {
  const excess = excessVariance(values, variances);
  const weights = variances.map((variance) => 1 / (variance + excess + Number.MIN_VALUE));
  const total = sum(weights);
  const shares = weights.map((weight) => weight / total);
  const value = sum(values.map((one, index) => one * at(shares, index)));
  const own = sum(noise.map((one, index) => at(shares, index) ** 2 * ((1 - common) * one + excess)));
  const shared = sum(noise.map((one, index) => at(shares, index) * Math.sqrt(common * one)));
  return { value, sigma: Math.hypot(Math.sqrt(own), shared), shares };
}

/** Variance between the sources beyond their own. */
function excessVariance(values: readonly number[], variances: readonly number[]): number {
  const weights = variances.map((variance) => 1 / (variance + Number.MIN_VALUE));
  const total = sum(weights);
  const mean = sum(values.map((value, index) => value * at(weights, index))) / total;
  const scatter = sum(values.map((value, index) => at(weights, index) * (value - mean) ** 2));
  const scale = total - sum(weights.map((weight) => weight ** 2)) / total;
  return scale > 0 ? Math.max(0, (scatter - (values.length - 1)) / scale) : 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function at(values: readonly number[], index: number): number {
  return values[index] as number;
}
