/** What a person sees while a step runs and when it is done. Live redraw only on a terminal. */
import type { OverloadResult, SearchResult } from './campaign.ts';
import type { Summary } from './histogram.ts';
import type { Counts } from './layout.ts';
import { answersOf, type StepResult } from './step-result.ts';

const WIDTHS = [10, 11, 9, 9, 9, 9, 9, 10, 10];
const HEADINGS = ['rate/s', 'answers/s', 'loss', 'p50', 'p99', 'p99.9', 'T3−T2', 'T3 error', 'T2 error'];

/** 1234.5 µs as people read it. */
export function formatNs(ns: number): string {
  const size = Math.abs(ns);
  if (size >= 1e9) return `${(ns / 1e9).toPrecision(3)} s`;
  if (size >= 1e6) return `${(ns / 1e6).toPrecision(3)} ms`;
  if (size >= 1e3) return `${(ns / 1e3).toPrecision(3)} µs`;
  return `${Math.round(ns)} ns`;
}

/** 12,345 */
export const formatCount = (count: number): string => Math.round(count).toLocaleString('en-US');

/** 0.02 % */
export const formatShare = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 3 : 1)} %`;

const row = (cells: readonly string[]): string => cells.map((cell, i) => cell.padStart(WIDTHS[i] ?? 10)).join(' ');

export const tableHeading = (): string => row(HEADINGS);

/** A clock error is shown only where generator and server share a clock; further apart they do not. */
const SHARED_CLOCK_NS = 50e6;

const clockError = (result: StepResult, name: 'transmitError' | 'receiveError'): string => {
  const { count, mean, p50 } = result.distributions[name];
  return count === 0 || Math.abs(p50) > SHARED_CLOCK_NS ? '–' : formatNs(mean);
};

/** A time of a distribution; a dash where nothing was measured. */
export const distributionCell = ({ count }: Summary, ns: number): string => (count === 0 ? '–' : formatNs(ns));

/** One step as a line of the table, with its reasons when it is invalid. */
export function tableRow(result: StepResult): string {
  const { latency, residence } = result.distributions;
  const line = row([
    formatCount(result.rate),
    formatCount(result.answersPerSecond),
    formatShare(result.loss),
    distributionCell(latency, latency.p50),
    distributionCell(latency, latency.p99),
    distributionCell(latency, latency.p999),
    distributionCell(residence, residence.p50),
    clockError(result, 'transmitError'),
    clockError(result, 'receiveError'),
  ]);
  const notes = [...result.invalidReasons.map((reason) => `INVALID: ${reason}`), ...oddities(result.counts)];
  return [line, ...notes.map((note) => `             ${note}`)].join('\n');
}

const ODDITIES: ReadonlyArray<readonly [keyof Counts, string]> = [
  ['late', 'late'],
  ['duplicate', 'duplicate'],
  ['unsynchronised', 'unsynchronised'],
  ['kissDeny', 'kisses DENY'],
  ['kissRstr', 'kisses RSTR'],
  ['kissRate', 'kisses RATE'],
  ['kissNtsn', 'kisses NTSN'],
  ['kissOther', 'other kisses'],
  ['invalidLength', 'of a wrong length'],
  ['invalidMode', 'of a wrong mode'],
  ['invalidVersion', 'of another version'],
  ['invalidOrigin', 'with an unknown origin'],
  ['invalidAddress', 'from or to a wrong address'],
  ['invalidStratum', 'of an impossible stratum'],
  ['invalidStamps', 'without stamps'],
  ['invalidChecksum', 'with a wrong checksum'],
];

/** What was not as it should be, in one line; nothing when all was well. */
export function oddities(counts: Counts): string[] {
  const found = ODDITIES.filter(([name]) => counts[name] > 0).map(
    ([name, text]) => `${formatCount(counts[name])} ${text}`,
  );
  return found.length === 0 ? [] : [`replies: ${found.join(', ')}`];
}

/** The line that is drawn over and over while a step runs. */
export function progressLine(rate: number, durationSeconds: number, counts: Counts): string {
  const done = Math.min(1, counts.due / Math.max(1, rate * durationSeconds));
  const bar = '█'.repeat(Math.round(done * 20)).padEnd(20, '░');
  const open = counts.sent - answersOf(counts) - counts.kissed - counts.lost;
  return `${bar} ${formatCount(rate)}/s: sent ${formatCount(counts.sent)}, answered ${formatCount(answersOf(counts))}, open ${formatCount(open)}`;
}

export function searchLine(search: SearchResult): string {
  const why = {
    server: 'more is lost by the server',
    generator: 'more is beyond this generator',
    limit: 'more was not asked for',
  }[search.limitedBy];
  return `keeps up with ${formatCount(search.rate)}/s (${why}): ${formatCount(search.answersPerSecond)} answers/s`;
}

export const overloadLine = (result: OverloadResult): string =>
  `at ${result.factor} × (${formatCount(result.rate)}/s): ${formatCount(result.answersPerSecond)} answers/s`;
