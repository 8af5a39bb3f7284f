import { Histogram } from '../../src/load/histogram.ts';
import { COUNT_NAMES, type Counts, DISTRIBUTION_NAMES, type DistributionName } from '../../src/load/layout.ts';
import { type LoadResults, RESULTS_FORMAT, RESULTS_VERSION } from '../../src/load/results.ts';
import { judgeStep, type StepResult, type Tally } from '../../src/load/step-result.ts';

/** Counts that are zero but for some. */
export function someCounts(some: Partial<Counts>): Counts {
  return { ...(Object.fromEntries(COUNT_NAMES.map((name) => [name, 0])) as Counts), ...some };
}

/** What was counted in a second at `rate` against a server that answers `capacity` requests a second. */
export function tallyOf(rate: number, capacity: number, change: Partial<Counts> = {}): Tally {
  const answered = Math.min(rate, capacity);
  const histograms = {} as Record<DistributionName, Histogram>;
  for (const name of DISTRIBUTION_NAMES) {
    histograms[name] = new Histogram();
    for (let i = 0; i < 200; i++)
      histograms[name].record(name === 'lateness' ? i : 2000 + i * i + rate / 10 + capacity / 20);
  }
  const counts = { due: rate, sent: rate, replies: answered, answered, lost: rate - answered, ...change };
  return { counts: someCounts(counts), histograms };
}

/** The step that was. */
export const stepOf = (rate: number, capacity: number, change: Partial<Counts> = {}): StepResult =>
  judgeStep(tallyOf(rate, capacity, change), rate, 1);

/** A whole file of results, of a server called `label`. */
export function resultsOf(label: string, steps: readonly StepResult[]): LoadResults {
  return {
    format: RESULTS_FORMAT,
    version: RESULTS_VERSION,
    about: {
      label,
      target: '10.0.0.2',
      engine: { transmit: 'af_xdp', dropsReplies: true },
      clients: 16_384,
      generators: 1,
      startedAt: '2026-11-24T12:00:00.000Z',
      program: 'ntpd-ts 0.1.0',
      kernel: '6.18',
      processor: '2 × test',
      node: 'v20',
      options: ['load', '10.0.0.2'],
    },
    steps,
    search: null,
    overload: [],
  };
}

/** A server that keeps up to `capacity`, measured at eight rates. */
export const sweepOf = (label: string, capacity: number): LoadResults =>
  resultsOf(
    label,
    [10, 50, 100, 150, 200, 250, 300, 400].map((thousands) => stepOf(thousands * 1000, capacity)),
  );
