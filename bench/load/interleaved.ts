/**
 * `npm run bench:interleaved`: interleaved clients only, ntpd-ts and a chronyd with a client
 * log of 100 MB in alternating rounds, at rising rates and past saturation: how many answers are interleaved, and how far
 * T3 is from the moment the reply reached the generator.
 */
import { runOk } from '../../test/support/run.ts';
import { type Arena, openArena } from '../frame/arena.ts';
import { type Contestant, chronydContestant, ntpdTsContestant } from '../frame/contestants.ts';
import { type Measured, offer } from '../frame/generator.ts';
import { describeMachine } from '../frame/machine.ts';
import { writeResult } from '../frame/results.ts';
import { atLeast, type Bar, printBars, spread } from '../frame/statistics.ts';

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
/** A real population: a million clients that each ask every 6.7 s, the server's memory as it is by default. */
const POPULATION = 1_000_000;
const POPULATION_RATE = 150_000;
const POPULATION_SECONDS = 21;
/** Private addresses for them, routed through the generator like the others. */
const POPULATION_NETWORK = '10.128.0.0/12';

interface Figures {
  readonly interleavedPerSecond: number;
  readonly share: number;
  readonly t3MeanNs: number;
  readonly t3SpreadNs: number;
  readonly userUs: number;
  readonly systemUs: number;
}

const entrants = [
  ntpdTsContestant('ntpd-ts', 'rate-limiting = false\n'),
  await chronydContestant('chronyd', ['clientloglimit 100000000']),
];
const population: { readonly answered: number; readonly share: number }[] = [];
const figures = new Map<string, Figures[]>();
const arena = await openArena(false);
try {
  await askPopulation(arena, entrants[0] as Contestant);
  for (let round = 0; round < ROUNDS && !populationOnly; round++) {
    for (let turn = 0; turn < entrants.length; turn++) {
      const contestant = entrants[(round + turn) % entrants.length] as Contestant;
      const server = await contestant.start(arena);
      const options = ['--mix', 'interleaved:1'];
      await offer(arena, server.pid, { rate: 40_000, seconds: 2, options });
      for (const rate of RATES) {
        const measured = await offer(arena, server.pid, {
          rate,
          seconds: SECONDS,
          clients: Math.round((rate * SECONDS) / REQUESTS_PER_CLIENT),
          options,
        });
        if (measured === undefined) continue;
        const key = `${contestant.name} ${rate}`;
        const one = describe(measured);
        figures.set(key, [...(figures.get(key) ?? []), one]);
        console.log(
          `${key}: ${Math.round(one.interleavedPerSecond)}/s, ${(100 * one.share).toFixed(2)} % of requests, ` +
            `T3 ${one.t3MeanNs.toFixed(0)} ± ${one.t3SpreadNs.toFixed(0)} ns, user ${one.userUs.toFixed(2)} + system ${one.systemUs.toFixed(2)} us each`,
        );
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
  await offer(place, running.pid, { rate: 40_000, seconds: 2, options: ['--mix', 'interleaved:1'] });
  const measured = await offer(place, running.pid, {
    rate: POPULATION_RATE,
    seconds: POPULATION_SECONDS,
    clients: POPULATION,
    options: ['--mix', 'interleaved:1', '--clients', POPULATION_NETWORK],
  });
  await running.stop();
  if (measured === undefined) return;
  const { counts } = measured;
  population.push({
    answered: counts.replies / counts.sent,
    share: counts.interleavedReplies / (counts.interleavedSent - POPULATION * BASIC_PER_CLIENT),
  });
  console.log(`${POPULATION} clients at ${POPULATION_RATE}/s: ${JSON.stringify({ ...population.at(-1), counts })}`);
}

function describe({ counts, durationSeconds, distributions, cpu }: Measured): Figures {
  const { mean, coreDeviation } = distributions.transmitError;
  return {
    interleavedPerSecond: counts.interleavedReplies / durationSeconds,
    share: counts.interleavedReplies / (counts.interleavedSent * (1 - BASIC_PER_CLIENT / REQUESTS_PER_CLIENT)),
    t3MeanNs: mean,
    t3SpreadNs: coreDeviation,
    userUs: (cpu.user * 1e6) / Math.max(1, counts.replies),
    systemUs: (cpu.system * 1e6) / Math.max(1, counts.replies),
  };
}

const median = (name: string, rate: number, pick: (one: Figures) => number) =>
  spread((figures.get(`${name} ${rate}`) ?? []).map(pick)).median;
const bars = [
  atLeast(
    'share of interleaved answers, a million clients at 150 k/s',
    spread(population.map(({ share }) => share)).median,
    0.99,
  ),
  ...(populationOnly ? [] : rateBars()),
];
printBars(bars);
if (!populationOnly) {
  writeResult(
    {
      name: 'interleaved',
      command: 'npm run bench:interleaved',
      machine: describeMachine('veth pair'),
      figures: { population, steps: Object.fromEntries(figures), bars },
    },
    short,
  );
}

function rateBars(): Bar[] {
  return [
    atLeast(
      'share of interleaved answers at 150 k/s',
      median('ntpd-ts', AT_RATE, (one) => one.share),
      0.99,
    ),
    atLeast(
      "interleaved answers/s past saturation, times chronyd's",
      median('ntpd-ts', SATURATED, (one) => one.interleavedPerSecond) /
        median('chronyd', SATURATED, (one) => one.interleavedPerSecond),
      1.3,
    ),
  ];
}
