/**
 * `npm run bench:generator`: the load generator itself. What it offers to an interface that drops everything in XDP,
 * beside a bare loop over the same link; what it verifies of an AF_XDP echo; how near the latencies that it finds are
 * to those of a responder whose delays are known; how far five searches differ.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { NTP_PORT } from '../../src/load/plan.ts';
import type { LoadResults } from '../../src/load/results.ts';
import type { StepResult } from '../../src/load/step-result.ts';
import { LoadResponder } from '../../test/support/load-responder.ts';
import { PROGRAM } from '../../test/support/ntpd-ts.ts';
import { Child, run, runOk } from '../../test/support/run.ts';
import { type Arena, CLIENTS_IPV4, GENERATOR_CORE, SERVER_CORE } from '../frame/arena.ts';
import { runInArena } from '../frame/bench.ts';
import { ntpdTsContestant } from '../frame/contestants.ts';
import { atLeast, atMost, type Bar, type Spread, spread } from '../frame/statistics.ts';

export interface GeneratorResult {
  /** Requests per second that the link alone sends to XDP_DROP. */
  readonly bare: Spread;
  /** The same of the whole engine, asked for more than it can. */
  readonly offered: Spread;
  /** Steps at a rate that the engine keeps: largest lateness as a share of the step. */
  readonly kept: { readonly rate: number; readonly lateness: Spread };
  /** Steps against the AF_XDP echo, every reply verified. */
  readonly verified: {
    readonly rate: number;
    readonly answers: Spread;
    readonly loss: Spread;
    readonly lateness: Spread;
  };
  /** Latencies against a responder that delays by 1 to 20 ms, every delay as likely: how far percentiles are off, as shares. */
  readonly latencyOff: Readonly<Record<(typeof PERCENTILES)[number], Spread>>;
  /** Rates that searches found. */
  readonly searches: Spread;
  readonly bars: readonly Bar[];
}

const { values } = parseArgs({ options: { short: { type: 'boolean', default: false } } });
const rounds = values.short ? 1 : 5;
const seconds = values.short ? 1 : 2;
const KEPT_RATE = 800_000;
const VERIFIED_RATE = 600_000;
/** Steps that say whether a rate is kept: with one step a round, a short run would judge by a single one. */
const KEPT_STEPS = values.short ? 3 : 1;
const DELAY_MIN_NS = 1e6;
const DELAY_MAX_NS = 20e6;
const DELAYED_RATE = 10_000;
const PERCENTILES = ['p50', 'p90', 'p99'] as const;
const SHARE_BELOW = { p50: 0.5, p90: 0.9, p99: 0.99 };

const frame = (script: string): string => fileURLToPath(new URL(`../frame/${script}.ts`, import.meta.url));
const node = (script: string): string[] => [process.execPath, '--import', 'tsx', frame(script)];

await runInArena('generator', values.short, measure);

async function measure(place: Arena): Promise<GeneratorResult> {
  const bare: number[] = [];
  const offered: number[] = [];
  const kept: StepResult[] = [];
  await withSink(place, 'drop', async () => {
    for (let round = 0; round < rounds; round++) {
      bare.push(await bareRate(place));
      offered.push(reached(await step(place, Math.round((bare.at(-1) as number) * 1.3))));
      for (let i = 0; i < KEPT_STEPS; i++) kept.push(await step(place, KEPT_RATE));
      console.log(`round ${round + 1}: bare ${bare.at(-1)?.toFixed(0)}/s, offered ${offered.at(-1)?.toFixed(0)}/s`);
    }
  });
  const verified: StepResult[] = [];
  await withSink(place, 'echo', async () => {
    for (let round = 0; round < rounds; round++) {
      const result = await step(place, VERIFIED_RATE);
      verified.push(result);
      console.log(`round ${round + 1}: verified ${result.answersPerSecond}/s, loss ${result.loss}`);
    }
  });
  const latencyOff = await measureLatency(place);
  const searches = await search(place);
  const lateness = (steps: readonly StepResult[]): Spread =>
    spread(steps.map((each) => each.distributions.lateness.max / 1e9 / each.durationSeconds));
  const figures = {
    bare: spread(bare),
    offered: spread(offered),
    kept: { rate: KEPT_RATE, lateness: lateness(kept) },
    verified: {
      rate: VERIFIED_RATE,
      answers: spread(verified.map(({ answersPerSecond }) => answersPerSecond)),
      loss: spread(verified.map(({ loss }) => loss)),
      lateness: lateness(verified),
    },
    latencyOff,
    searches: spread(searches),
  };
  return {
    ...figures,
    bars: [
      atLeast('requests/s offered to XDP_DROP', figures.offered.median, 1e6),
      atLeast("offered over the bare link's", figures.offered.median / figures.bare.median, 0.9),
      atMost(`lateness as a share of the step at ${KEPT_RATE}/s`, figures.kept.lateness.median, 0.01),
      atLeast(`answers/s verified at ${VERIFIED_RATE}/s`, figures.verified.answers.median, 0.999 * VERIFIED_RATE),
      atMost('lateness as a share of that step', figures.verified.lateness.median, 0.01),
      ...PERCENTILES.map((of) =>
        atMost(`${of} of a known delay of 1-20 ms, off by`, figures.latencyOff[of].median, 0.02),
      ),
      atMost('spread of searches, (max − min) / median', spreadOf(figures.searches), 0.1),
    ],
  };
}

function spreadOf({ min, max, median }: Spread): number {
  return (max - min) / median;
}

/** Requests per second that left: the last of those sent was due after sent / rate, and left that much later. */
function reached({ counts, rate, distributions }: StepResult): number {
  return counts.sent / (counts.sent / rate + distributions.lateness.max / 1e9);
}

async function withSink(place: Arena, kind: string, body: () => Promise<void>): Promise<void> {
  const argv = ['taskset', '-c', String(SERVER_CORE), ...node('sink-server'), kind, place.server.device];
  const sink = new Child(place.server.inside(argv));
  await sink.saw(/sinking/);
  try {
    await body();
  } finally {
    await sink.stop();
  }
}

async function bareRate(place: Arena): Promise<number> {
  const args = [place.server.ipv4, place.generator.device, CLIENTS_IPV4, String(GENERATOR_CORE), String(seconds)];
  return Number(await runOk(place.generator.inside([...node('bare-link'), ...args])));
}

async function load(place: Arena, options: readonly string[]): Promise<LoadResults> {
  const raw = ['--engine', 'raw', '--clients', CLIENTS_IPV4, '--cores', String(GENERATOR_CORE), '--timeout', '0.25'];
  const argv = [process.execPath, PROGRAM, 'load', place.server.ipv4, ...raw, ...options, '--json'];
  const done = await run(place.generator.inside(argv), { timeoutMs: 300_000 });
  if (!done.stdout.startsWith('{')) throw new Error(`ntpd-ts load: ${done.stderr}`);
  return JSON.parse(done.stdout) as LoadResults;
}

async function step(place: Arena, rate: number): Promise<StepResult> {
  const { steps } = await load(place, ['--rate', String(rate), '--duration', String(seconds)]);
  return steps[0] as StepResult;
}

/** Asks a responder that delays as told, and compares what comes out with what was told, not with what it did. */
async function measureLatency(place: Arena): Promise<GeneratorResult['latencyOff']> {
  const delays = { delayMinNs: DELAY_MIN_NS, delayMaxNs: DELAY_MAX_NS };
  const options = { address: place.server.ipv4, port: NTP_PORT, ...delays };
  const responder = await LoadResponder.start(place.server, options, SERVER_CORE);
  const off: Record<(typeof PERCENTILES)[number], number[]> = { p50: [], p90: [], p99: [] };
  try {
    for (let round = 0; round < rounds; round++) {
      const { latency } = (await step(place, DELAYED_RATE)).distributions;
      for (const of of PERCENTILES) {
        const told = DELAY_MIN_NS + SHARE_BELOW[of] * (DELAY_MAX_NS - DELAY_MIN_NS);
        off[of].push(Math.abs(latency[of] / told - 1));
      }
      console.log(`round ${round + 1}: ${PERCENTILES.map((of) => `${of} ${latency[of] / 1e6} ms`).join(', ')}`);
    }
  } finally {
    await responder.stop();
  }
  return { p50: spread(off.p50), p90: spread(off.p90), p99: spread(off.p99) };
}

/** Searches one worker of ntpd-ts, again and again. */
async function search(place: Arena): Promise<number[]> {
  const server = await ntpdTsContestant().start(place);
  const rates: number[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      const options = ['--search', '--rate', '50k', '--duration', '1', '--precision', '3', '--samples', '100'];
      const { search: found } = await load(place, options);
      rates.push(found?.rate ?? 0);
      console.log(`round ${round + 1}: a search found ${found?.rate}/s, limited by the ${found?.limitedBy}`);
    }
  } finally {
    await server.stop();
  }
  return rates;
}
