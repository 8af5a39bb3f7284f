/**
 * `npm run bench:interleaved`: interleaved clients only, ntpd-ts and a chronyd with a client
 * log of 100 MB in alternating rounds, at rising rates and past saturation: how many answers are interleaved, how far
 * T3 is from the moment the reply reached the generator, whose transmit stamps were kept for the next answers, and what
 * an answer costs more than a basic one.
 */
import { runOk } from '../../test/support/run.ts';
import { type Arena, openArena } from '../frame/arena.ts';
import { type Contestant, chronydContestant, ntpdTsContestant, type RunningServer } from '../frame/contestants.ts';
import { type Measured, offer } from '../frame/generator.ts';
import { describeMachine } from '../frame/machine.ts';
import { writeResult } from '../frame/results.ts';
import { atLeast, atMost, type Bar, printBars, spread } from '../frame/statistics.ts';

const short = process.argv.includes('--short');
const populationOnly = process.argv.includes('--population');
const ROUNDS = short ? 1 : 5;
const SECONDS = short ? 2 : 3;
const RATES = [40_000, 80_000, 150_000, 330_000] as const;
const [, , AT_RATE, SATURATED] = RATES;
/** Each client asks so often, and not again before its reply has come through a full queue. */
const REQUESTS_PER_CLIENT = 60;
/** The first that asks for it is answered in basic mode and does not count. */
const BASIC_PER_CLIENT = 1;
/**
 * A real population: a million clients that each ask every 6.7 s, the server's memory as it is by default. A short run
 * asks at the same rate for fewer, each three times as well.
 */
const POPULATION = short ? 250_000 : 1_000_000;
const POPULATION_RATE = 150_000;
const POPULATION_SECONDS = (21 * POPULATION) / 1_000_000;
/** Private addresses for them, routed through the generator like the others. */
const POPULATION_NETWORK = '10.128.0.0/12';

/** Arrival minus T3, mean and deviation, over all and over the central 99 %. */
interface Figures {
  readonly interleavedPerSecond: number;
  readonly share: number;
  readonly t3MeanNs: number;
  readonly t3CoreMeanNs: number;
  readonly t3DeviationNs: number;
  readonly t3CoreDeviationNs: number;
  readonly userUs: number;
  readonly systemUs: number;
  /** Of the transmit stamps that ntpd-ts kept for the next answers, so many are the kernel's, the others its own. */
  readonly kernelShare: number | null;
}

/** What T3's mean may be above chronyd's. */
const T3_MEAN_NS_MAX = 100;
const INTERLEAVED = ['--mix', 'interleaved:1'];
const BASIC = ['--mix', 'basic:1'];

const entrants = [
  ntpdTsContestant('ntpd-ts', 'rate-limiting = false\n'),
  await chronydContestant('chronyd', ['clientloglimit 100000000']),
];
const population: { readonly answered: number; readonly share: number; readonly kernelShare: number | null }[] = [];
/**
 * Processor time of an interleaved answer less that of a basic one, ntpd-ts at AT_RATE, where all stamps are the kernel's:
 * what the error queue (asking, and reading the stamp) and the store cost. How it is split is sampled at the kernel's tick
 * and coarse; the sum is less so.
 */
const extraCosts: { readonly userUs: number; readonly systemUs: number }[] = [];
const figures = new Map<string, Figures[]>();
const arena = await openArena(false);
try {
  await askPopulation(arena, entrants[0] as Contestant);
  for (let round = 0; round < ROUNDS && !populationOnly; round++) {
    for (let turn = 0; turn < entrants.length; turn++) {
      const contestant = entrants[(round + turn) % entrants.length] as Contestant;
      const server = await contestant.start(arena);
      await offer(arena, server.pid, { rate: 40_000, seconds: 2, options: INTERLEAVED });
      for (const rate of RATES) {
        const clients = Math.round((rate * SECONDS) / REQUESTS_PER_CLIENT);
        const step = { rate, seconds: SECONDS, clients };
        const kernelShare = await kernelShareOf(server);
        const measured = await offer(arena, server.pid, { ...step, options: INTERLEAVED });
        if (measured === undefined) continue;
        const key = `${contestant.name} ${rate}`;
        const one = describe(measured, await kernelShare());
        figures.set(key, [...(figures.get(key) ?? []), one]);
        console.log(`${key}: ${tell(one)}`);
        if (rate !== AT_RATE || server.counters === undefined) continue;
        const basic = await offer(arena, server.pid, { ...step, options: BASIC });
        if (basic === undefined) continue;
        const { userUs, systemUs } = costOf(basic);
        extraCosts.push({ userUs: one.userUs - userUs, systemUs: one.systemUs - systemUs });
      }
      await server.stop();
    }
  }
} finally {
  await arena.close();
}

/** Each client asks three times: once to begin with, and twice for what it can have in interleaved mode by then. */
async function askPopulation(place: Arena, contestant: Contestant): Promise<void> {
  const { server, generator } = place;
  await runOk(['ip', '-n', server.namespace, 'route', 'add', POPULATION_NETWORK, 'via', generator.ipv4]);
  const running = await contestant.start(place);
  await offer(place, running.pid, { rate: 40_000, seconds: 2, options: INTERLEAVED });
  const kernelShare = await kernelShareOf(running);
  const measured = await offer(place, running.pid, {
    rate: POPULATION_RATE,
    seconds: POPULATION_SECONDS,
    clients: POPULATION,
    options: [...INTERLEAVED, '--clients', POPULATION_NETWORK],
  });
  const share = await kernelShare();
  await running.stop();
  if (measured === undefined) return;
  const { counts } = measured;
  population.push({
    answered: counts.replies / counts.sent,
    share: counts.interleavedReplies / (counts.interleavedSent - POPULATION * BASIC_PER_CLIENT),
    kernelShare: share,
  });
  console.log(`${POPULATION} clients at ${POPULATION_RATE}/s: ${JSON.stringify({ ...population.at(-1), counts })}`);
}

/** Asks for the counters now; what is returned asks again, and says whose transmit stamps were kept in between. */
async function kernelShareOf(server: RunningServer): Promise<() => Promise<number | null>> {
  const before = await server.counters?.();
  return async () => {
    const after = await server.counters?.();
    if (before === undefined || after === undefined) return null;
    const kernel = after.txKeptKernel - before.txKeptKernel;
    return kernel / (kernel + after.txKeptDaemon - before.txKeptDaemon);
  };
}

function costOf({ counts, cpu }: Measured): { userUs: number; systemUs: number } {
  const answers = Math.max(1, counts.replies);
  return { userUs: (cpu.user * 1e6) / answers, systemUs: (cpu.system * 1e6) / answers };
}

function describe(measured: Measured, kernelShare: number | null): Figures {
  const { counts, durationSeconds, distributions } = measured;
  const { mean, coreMean, deviation, coreDeviation } = distributions.transmitError;
  return {
    interleavedPerSecond: counts.interleavedReplies / durationSeconds,
    share: counts.interleavedReplies / (counts.interleavedSent * (1 - BASIC_PER_CLIENT / REQUESTS_PER_CLIENT)),
    t3MeanNs: mean,
    t3CoreMeanNs: coreMean,
    t3DeviationNs: deviation,
    t3CoreDeviationNs: coreDeviation,
    ...costOf(measured),
    kernelShare,
  };
}

function tell(one: Figures): string {
  const kernel = one.kernelShare === null ? '' : `, ${(100 * one.kernelShare).toFixed(2)} % kernel stamps`;
  return (
    `${Math.round(one.interleavedPerSecond)}/s, ${(100 * one.share).toFixed(2)} % of requests, ` +
    `T3 ${one.t3CoreMeanNs.toFixed(0)} ± ${one.t3CoreDeviationNs.toFixed(0)} ns (all: ${one.t3MeanNs.toFixed(0)} ± ${one.t3DeviationNs.toFixed(0)}), ` +
    `user ${one.userUs.toFixed(2)} + system ${one.systemUs.toFixed(2)} us each${kernel}`
  );
}

const median = (name: string, rate: number, pick: (one: Figures) => number) =>
  spread((figures.get(`${name} ${rate}`) ?? []).map(pick)).median;
const bars = [
  atLeast(
    `share of interleaved answers, ${POPULATION.toLocaleString('en')} clients at 150 k/s`,
    spread(population.map(({ share }) => share)).median,
    0.99,
  ),
  ...(populationOnly ? [] : rateBars()),
];
printBars(bars);
if (extraCosts.length > 0) {
  const extraUs = spread(extraCosts.map(({ userUs, systemUs }) => userUs + systemUs)).median;
  console.log(`an interleaved answer at ${AT_RATE}/s costs ${extraUs.toFixed(2)} us more than a basic one`);
}
if (!populationOnly) {
  writeResult(
    {
      name: 'interleaved',
      command: 'npm run bench:interleaved',
      machine: describeMachine('veth pair'),
      figures: { population, steps: Object.fromEntries(figures), extraCosts, bars },
    },
    short,
  );
}

function rateBars(): Bar[] {
  const versusChronyd = (rate: number, pick: (one: Figures) => number): [ours: number, theirs: number] => [
    median('ntpd-ts', rate, pick),
    median('chronyd', rate, pick),
  ];
  const [meanNs, chronydMeanNs] = versusChronyd(AT_RATE, (one) => one.t3CoreMeanNs);
  const [deviationNs, chronydDeviationNs] = versusChronyd(AT_RATE, (one) => one.t3CoreDeviationNs);
  const [pastNs, chronydPastNs] = versusChronyd(SATURATED, (one) => one.t3CoreDeviationNs);
  return [
    atLeast(
      'share of interleaved answers at 150 k/s',
      median('ntpd-ts', AT_RATE, (one) => one.share),
      0.99,
    ),
    atMost("mean of T3 at 150 k/s above chronyd's, ns", meanNs - chronydMeanNs, T3_MEAN_NS_MAX),
    atMost("deviation of T3 at 150 k/s, times chronyd's", deviationNs / chronydDeviationNs, 1),
    atMost("deviation of T3 past saturation, times chronyd's", pastNs / chronydPastNs, 1),
    atLeast(
      "interleaved answers/s past saturation, times chronyd's",
      median('ntpd-ts', SATURATED, (one) => one.interleavedPerSecond) /
        median('chronyd', SATURATED, (one) => one.interleavedPerSecond),
      1.3,
    ),
  ];
}
