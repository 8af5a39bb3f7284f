/** Which plots a page has: the same for one server and for several. */
import { CURVE_PERCENTS } from '../histogram.ts';
import type { LoadResults } from '../results.ts';
import type { StepResult } from '../step-result.ts';
import { formatCount, formatNs, formatShare } from '../terminal.ts';
import type { Plot, Series } from './plot.ts';
import { linearScale, logScale, type Scale } from './scale.ts';

const COLOURS = 8;
const DASHES = ['', '6 4', '2 3'];

/** Valid steps of each rate, in order of rate; of several at one rate the one in the middle by answers. */
export function stepsByRate(results: LoadResults): StepResult[] {
  const byRate = new Map<number, StepResult[]>();
  for (const step of results.steps) {
    if (!step.valid || step.counts.sent === 0) continue;
    const rate = Math.round(step.rate);
    byRate.set(rate, [...(byRate.get(rate) ?? []), step]);
  }
  return [...byRate]
    .sort(([a], [b]) => a - b)
    .map(([, steps]) => {
      const sorted = steps.sort((a, b) => a.answersPerSecond - b.answersPerSecond);
      return sorted[Math.floor(sorted.length / 2)] as StepResult;
    });
}

const shortCount = (value: number): string =>
  value >= 1e6
    ? `${+(value / 1e6).toPrecision(3)}M`
    : value >= 1e3
      ? `${+(value / 1e3).toPrecision(3)}k`
      : `${+value.toPrecision(3)}`;

const shortShare = (value: number): string => `${+(value * 100).toPrecision(3)} %`;

/** One line per server and measure, against the offered rate. */
function againstRate(
  all: readonly LoadResults[],
  measures: readonly { readonly name: string; readonly value: (step: StepResult) => number | null }[],
  format: (value: number) => string,
): Series[] {
  return all.flatMap((results, server) =>
    measures.map(({ name, value }, measure) => ({
      name: [results.about.label, name].filter((part) => part !== '').join(' '),
      colour: server % COLOURS,
      dash: DASHES[measure % DASHES.length] as string,
      points: stepsByRate(results).flatMap((step) => {
        const y = value(step);
        return y === null ? [] : [{ x: step.rate, y, note: `${format(y)} at ${formatCount(step.rate)}/s` }];
      }),
    })),
  );
}

const xs = (series: readonly Series[]): number[] => series.flatMap(({ points }) => points.map(({ x }) => x));
const ys = (series: readonly Series[]): number[] => series.flatMap(({ points }) => points.map(({ y }) => y));

function ratePlot(
  id: string,
  title: string,
  yLabel: string,
  series: Series[],
  y: Scale,
  formatY: (value: number) => string,
): Plot {
  return {
    id,
    title,
    xLabel: 'offered, requests per second',
    yLabel,
    x: linearScale(xs(series)),
    y,
    formatX: shortCount,
    formatY,
    series,
  };
}

/** Clocks further apart than this are not one clock, and the error of a stamp is then unknown. */
const SHARED_CLOCK_NS = 50e6;

const clockError =
  (name: 'transmitError' | 'receiveError', of: 'mean' | 'p50' | 'p99') =>
  (step: StepResult): number | null => {
    const distribution = step.distributions[name];
    if (distribution.count === 0 || Math.abs(distribution.p50) > SHARED_CLOCK_NS) return null;
    return distribution[of];
  };

/** The latency distribution of each server's fastest step, by "nines". */
function latencyCurves(all: readonly LoadResults[]): Plot {
  const series = all.flatMap((results, server): Series[] => {
    const steps = stepsByRate(results).filter((step) => step.distributions.latency.count > 0);
    const kept = steps.filter((step) => step.loss <= 0.001);
    const step = kept.at(-1) ?? steps.at(-1);
    if (step === undefined) return [];
    return [
      {
        name: `${results.about.label} at ${formatCount(step.rate)}/s`,
        colour: server % COLOURS,
        dash: '',
        points: CURVE_PERCENTS.flatMap((percent, i) => {
          const y = step.curves.latency[i] as number;
          return percent >= 100 ? [] : [{ x: 1 / (1 - percent / 100), y, note: `${formatNs(y)} at ${percent} %` }];
        }),
      },
    ];
  });
  return {
    id: 'latency-distribution',
    title: 'Latency at the highest rate with at most 0.1 % loss',
    xLabel: 'percentile',
    yLabel: 'from intended time to reply',
    x: logScale([1, 100_000]),
    y: logScale(ys(series)),
    formatX: (value) => (value <= 1 ? '0 %' : `${+(100 * (1 - 1 / value)).toFixed(4)} %`),
    formatY: formatNs,
    series,
  };
}

/** From so many servers on only two lines of each are drawn: more could not be told apart. */
const MANY_SERVERS = 3;

/** Every plot of a page, in order. */
export function figures(all: readonly LoadResults[]): Plot[] {
  const many = all.length >= MANY_SERVERS;
  const errors = many ? (['mean', 'p99'] as const) : (['mean', 'p50', 'p99'] as const);
  const answers = againstRate(all, [{ name: '', value: (step) => step.answersPerSecond }], formatCount);
  const loss = againstRate(all, [{ name: '', value: (step) => step.loss }], formatShare);
  const latency = againstRate(
    all,
    (many ? (['p50', 'p99'] as const) : (['p50', 'p99', 'p999'] as const)).map((of) => ({
      name: of === 'p999' ? 'p99.9' : of,
      value: (step) => (step.distributions.latency.count === 0 ? null : step.distributions.latency[of]),
    })),
    formatNs,
  );
  const residence = againstRate(
    all,
    (['p50', 'p99'] as const).map((of) => ({
      name: of,
      // A server whose stamps are too coarse for its own speed has none to draw on a logarithmic axis.
      value: (step) => {
        const { residence: distribution } = step.distributions;
        return distribution.count === 0 || distribution[of] <= 0 ? null : distribution[of];
      },
    })),
    formatNs,
  );
  const transmit = againstRate(
    all,
    errors.map((of) => ({ name: of, value: clockError('transmitError', of) })),
    formatNs,
  );
  const receive = againstRate(
    all,
    errors.map((of) => ({ name: of, value: clockError('receiveError', of) })),
    formatNs,
  );
  return [
    ratePlot('answers', 'Answers', 'answers per second', answers, linearScale(ys(answers)), shortCount),
    ratePlot('loss', 'Loss', 'share of requests lost', loss, linearScale(ys(loss)), shortShare),
    ratePlot('latency', 'Latency', 'from intended time to reply', latency, logScale(ys(latency)), formatNs),
    latencyCurves(all),
    ratePlot('residence', 'Server residence, T3 − T2', 'T3 − T2', residence, logScale(ys(residence)), formatNs),
    ratePlot('transmit-error', 'Transmit stamp: arrival − T3', 'error', transmit, linearScale(ys(transmit)), formatNs),
    ratePlot('receive-error', 'Receive stamp: T2 − sent', 'error', receive, linearScale(ys(receive)), formatNs),
  ].filter((plot) => plot.series.some(({ points }) => points.length > 0));
}
