/**
 * `npm run bench:crash`: what the loss of a worker costs. Two workers share one core and are asked for 65 % of what it
 * can answer, in turn undisturbed and with one of them ended again and again, always the same one.
 */
import { fileURLToPath } from 'node:url';
import type { ServerCounters } from '../../src/workers/counters.ts';
import { Child } from '../../test/support/run.ts';
import { type Arena, SERVER_CORE } from '../frame/arena.ts';
import { runInArena } from '../frame/bench.ts';
import { offer } from '../frame/generator.ts';
import { atLeast, atMost, type Bar } from '../frame/statistics.ts';

/** One stretch of load, with as many losses in it. */
export interface CrashRound {
  readonly workersLost: number;
  readonly rate: number;
  readonly sent: number;
  readonly lost: number;
  /** Of the lost: those that came to the worker that was never ended. */
  readonly survivorLost: number;
  /** Of the lost: those that the ended worker's queue had no room for. */
  readonly queueFull: number;
  /** Longest time from the end of a worker until its successor served, milliseconds. */
  readonly replacedMsMax: number;
  /** Longest time from a request to its reply, milliseconds. */
  readonly latencyMaxMs: number;
}

export interface CrashResult {
  /** Answers per second when more is asked than can be answered. */
  readonly saturation: number;
  readonly rounds: readonly CrashRound[];
  readonly bars: readonly Bar[];
}

interface Told {
  readonly workersLost: number;
  readonly replacedMsMax: number;
  readonly workers: readonly [ended: ServerCounters, survivor: ServerCounters];
}

const short = process.argv.includes('--short');
/** Rates beyond saturation: the first that the generator can keep. */
const OVERLOADS = [360_000, 330_000, 300_000];
const LOAD = 0.65;
const ROUNDS = short ? 1 : 3;
const SECONDS = short ? 6 : 20;
/** By then the spare is ready again. */
const EVERY_MS = 2500;
/** The batch in the hands of the worker that is ended. */
const BATCH = 64;
const ATTEMPTS = 5;
const SERVER = fileURLToPath(new URL('../frame/pool-server.mjs', import.meta.url));

await runInArena('crash', short, async (place): Promise<CrashResult> => {
  const saturation = await saturate(place);
  console.log(`saturation ${saturation.toFixed(0)}/s`);
  const rate = Math.round(LOAD * saturation);
  const rounds: CrashRound[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const everyMs of [0, EVERY_MS]) rounds.push(await measureRound(place, rate, everyMs));
  }
  const disturbed = rounds.filter(({ workersLost }) => workersLost > 0);
  const sum = (of: (round: CrashRound) => number): number => disturbed.reduce((total, round) => total + of(round), 0);
  const losses = sum(({ workersLost }) => workersLost);
  const bars = [
    atLeast('workers lost', losses, 1),
    atMost(
      'requests lost at the other worker',
      sum(({ survivorLost }) => survivorLost),
      0,
    ),
    atMost('requests lost per lost worker', sum(({ lost }) => lost) / losses, BATCH),
    atMost('until a lost worker was replaced, ms', Math.max(...disturbed.map((each) => each.replacedMsMax)), 1000),
  ];
  return { saturation, rounds, bars };
});

function startServer(place: Arena, everyMs: number): Child {
  const argv = [process.execPath, SERVER, String(everyMs), '0'];
  return new Child(place.server.inside(['taskset', '-c', String(SERVER_CORE), ...argv]));
}

/** A round that the generator could not keep says nothing and is made again. */
async function measureRound(place: Arena, rate: number, everyMs: number): Promise<CrashRound> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const server = startServer(place, everyMs);
    await server.saw(/serving/);
    const step = await offer(place, server.pid, { rate, seconds: SECONDS }, 1);
    await server.stop();
    if (step === undefined) continue;
    const told = JSON.parse(server.stdout.slice(server.stdout.indexOf('{'))) as Told;
    const { workersLost, replacedMsMax, workers } = told;
    const [ended, survivor] = workers;
    const { sent, lost } = step.counts;
    const survivorLost = survivor.kernelDrops + survivor.received - survivor.answered;
    const queueFull = ended.kernelDrops;
    const latencyMaxMs = step.distributions.latency.max / 1e6;
    console.log(
      `${workersLost} workers lost at ${rate}/s: ${lost} of ${sent} requests lost (at the other worker ${survivorLost}, ` +
        `queue full ${queueFull}); replaced in ${replacedMsMax.toFixed(0)} ms, longest wait ${latencyMaxMs.toFixed(1)} ms`,
    );
    return { workersLost, rate, sent, lost, survivorLost, queueFull, replacedMsMax, latencyMaxMs };
  }
  throw new Error(`no stretch at ${rate}/s could be measured`);
}

/** Answers per second when more is asked than can be answered. */
async function saturate(place: Arena): Promise<number> {
  const server = startServer(place, 0);
  try {
    await server.saw(/serving/);
    for (const rate of OVERLOADS) {
      const measured = await offer(place, server.pid, { rate, seconds: 2 });
      if (measured !== undefined) return measured.answersPerSecond;
    }
    throw new Error(`the generator could keep none of ${OVERLOADS.join(', ')}/s`);
  } finally {
    await server.stop();
  }
}
