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
import { saturate } from './sweep.ts';

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
  const whole = await startServer(place, 0);
  const saturation = await saturate(place, whole.pid).finally(() => whole.stop());
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

async function startServer(place: Arena, everyMs: number): Promise<Child> {
  const argv = [process.execPath, SERVER, String(everyMs), '0'];
  const server = new Child(place.server.inside(['taskset', '-c', String(SERVER_CORE), ...argv]));
  await server.saw(/serving/);
  return server;
}

/** A round that the generator could not keep says nothing and is made again. */
async function measureRound(place: Arena, rate: number, everyMs: number): Promise<CrashRound> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const server = await startServer(place, everyMs);
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
