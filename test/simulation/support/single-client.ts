import type { Estimate, SourceFilter } from '../../../src/core/estimation/estimate.ts';
import type { Sample } from '../../../src/core/estimation/sample.ts';
import { blankEstimate } from '../../support/estimates.ts';
import { Variates } from './random.ts';

/** One-way delays of one exchange begun at `at` seconds; writes [up, down] to `out`. False: the exchange was lost. */
export type Path = (at: number, random: Variates, out: Float64Array) => boolean;

/** A client with a wandering oscillator and one server whose clock is perfect. */
export interface World {
  readonly name: string;
  /** Makes the path of one run; a fresh one for each, since queues have memory. */
  readonly path: () => Path;
  /** σ of the Gaussian step that the oscillator's frequency takes each second. */
  readonly wander: number;
  /** Frequency added to the oscillator's own at `at` seconds. */
  readonly frequencyAt?: (at: number) => number;
  /** Seconds between polls as a function of the time; the fast start of 4 polls, 2 s apart, comes before. */
  readonly pollSeconds: (at: number) => number;
  readonly endSeconds: number;
  readonly offsetSeconds?: number;
  readonly frequency?: number;
}

/** What one run or a pool of runs measured, once per second from `SETTLED_SECONDS` to the end. */
export interface Statistics {
  rmsOffset: number;
  maxOffset: number;
  rmsFrequency: number;
  /** Share of the seconds within 2 σ and within 4 σ of the truth. */
  within2: number;
  within4: number;
  /** RMS of error / σ. */
  rmsNormalised: number;
  /** Longest run of seconds beyond 4 σ. */
  longestExcursionSeconds: number;
  seconds: number;
  samples: number;
}

/** Clocks are compared from here on, when chrony's has settled, too. */
export const SETTLED_SECONDS = 4000;

export function runSingleClient(
  world: World,
  seed: number,
  filter: SourceFilter,
  watch?: (at: number, error: number, estimate: Estimate) => void,
): Statistics {
  const oscillator = new Variates(seed * 2 + 1);
  const traffic = new Variates(seed * 2 + 2);
  const path = world.path();
  const delays = new Float64Array(2);
  const sample: Sample = { atLocal: 0, upSeconds: 0, downSeconds: 0, precisionSeconds: 1e-7, durationSeconds: 0 };
  const estimate = blankEstimate();
  let offset = world.offsetSeconds ?? 0.1;
  let walk = world.frequency ?? 1e-5;
  let next = 1;
  let asked = 0;
  let sumSquares = 0;
  let max = 0;
  let frequencySquares = 0;
  let inside2 = 0;
  let inside4 = 0;
  let normalised = 0;
  let excursion = 0;
  let longest = 0;
  let seconds = 0;
  for (let at = 0; at < world.endSeconds; at++) {
    const frequency = walk + (world.frequencyAt?.(at) ?? 0);
    while (next < at + 1) {
      asked++;
      if (path(next, traffic, delays)) {
        const up = delays[0] as number;
        const down = delays[1] as number;
        const sent = offset + frequency * (next - at);
        sample.durationSeconds = up + down;
        sample.atLocal = next + sample.durationSeconds / 2;
        sample.upSeconds = sent + up;
        sample.downSeconds = down - sent - frequency * sample.durationSeconds;
        filter.add(sample);
      }
      next += asked < 4 ? 2 : world.pollSeconds(next) * (1 + 0.02 * (traffic.uniform() - 0.5));
    }
    offset += frequency;
    walk += world.wander * oscillator.normal();
    if (at + 1 < SETTLED_SECONDS && watch === undefined) continue;
    if (!filter.predict(at + 1, estimate)) continue;
    const error = estimate.offsetSeconds - offset;
    watch?.(at + 1, error, estimate);
    if (at + 1 < SETTLED_SECONDS) continue;
    const ratio = Math.abs(error) / estimate.offsetSigmaSeconds;
    seconds++;
    sumSquares += error * error;
    max = Math.max(max, Math.abs(error));
    frequencySquares += (estimate.frequency - frequency) ** 2;
    if (ratio <= 2) inside2++;
    if (ratio <= 4) inside4++;
    normalised += ratio * ratio;
    excursion = ratio > 4 ? excursion + 1 : 0;
    longest = Math.max(longest, excursion);
  }
  return {
    rmsOffset: Math.sqrt(sumSquares / seconds),
    maxOffset: max,
    rmsFrequency: Math.sqrt(frequencySquares / seconds),
    within2: inside2 / seconds,
    within4: inside4 / seconds,
    rmsNormalised: Math.sqrt(normalised / seconds),
    longestExcursionSeconds: longest,
    seconds,
    samples: asked,
  };
}
