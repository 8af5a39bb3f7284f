/**
 * `npm run bench:peers`: ntpd-ts with one worker and every peer that is there, alternately, several rounds, under the
 * same generator: throughput, stamps, cost per answer, memory. Writes a result file and a page that compares them.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { LoadResults } from '../src/load/results.ts';
import type { StepResult } from '../src/load/step-result.ts';
import { ntpdTs } from '../test/support/ntpd-ts.ts';
import { type Arena, openArena } from './frame/arena.ts';
import {
  type Contestant,
  chronydContestant,
  ntpdRsContestant,
  ntpdTsContestant,
  ntpsecContestant,
  openntpdContestant,
  type RunningServer,
  rsntpContestant,
} from './frame/contestants.ts';
import { readMemory } from './frame/cpu.ts';
import { type Measured, offer } from './frame/generator.ts';
import { describeMachine } from './frame/machine.ts';
import { writeResult } from './frame/results.ts';
import { type Spread, spread } from './frame/statistics.ts';
import { describeStep, FULL_SWEEP, LOSS_MAX, SHORT_SWEEP, type Sweep, sweep } from './load/sweep.ts';

/** One server at one rate; stamps and residence in nanoseconds, costs in microseconds per answer. */
export interface AtRate {
  readonly rate: number;
  readonly loss: Spread;
  readonly residence: Spread;
  readonly transmitError: Spread;
  readonly transmitDeviation: Spread;
  readonly userUs: Spread;
  readonly systemUs: Spread;
  /** Software interrupts of both cores together. */
  readonly softirqUs: Spread;
}

export interface PeerFigures {
  readonly name: string;
  readonly version: string;
  readonly cleanRate: Spread;
  readonly best: Spread;
  readonly at200: Spread;
  readonly memoryOctets: Spread;
  readonly rates: readonly AtRate[];
}

export interface PeersResult {
  readonly peers: readonly PeerFigures[];
  readonly missing: readonly string[];
}

interface Round {
  /** Null where the generator kept no rate of it. */
  readonly sweep: Sweep | null;
  readonly memoryOctets: number;
  readonly steps: readonly (StepResult & { userUs: number; systemUs: number; softirqUs: number })[];
  /** What the page draws: every step of the round as the load tool's own results. */
  readonly results: LoadResults;
}

const { values } = parseArgs({
  options: { short: { type: 'boolean', default: false }, rounds: { type: 'string' } },
});
const short = values.short;
const rounds = Number(values.rounds ?? (short ? 1 : 3));
const RATES = short ? [5_000, 45_000] : [5_000, 45_000, 135_000];
const seconds = short ? 1 : 3;
const LEARN_SECONDS = short ? 0.2 : 2;
const ATTEMPTS = short ? 2 : 5;
/** A server that loses this much at a rate is not measured there. */
const LOSS_TOO_MUCH = 0.05;
const SWEEP = short
  ? { ...SHORT_SWEEP, firstRate: 60_000, factor: 2.5, halvings: 0, warmUpSeconds: 0.2 }
  : { ...FULL_SWEEP, firstRate: 16_000, factor: 1.6, halvings: 3 };

const contestants: Contestant[] = [ntpdTsContestant()];
const missing: string[] = [];
for (const make of [chronydContestant, ntpsecContestant, openntpdContestant, ntpdRsContestant, rsntpContestant]) {
  try {
    contestants.push(await make());
  } catch (error) {
    missing.push((error as Error).message);
    console.warn(`SKIPPED: ${(error as Error).message}`);
  }
}

const all = new Map<string, Round[]>(contestants.map(({ name }) => [name, []]));
const arena = await openArena(false);
try {
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const contestant = contestants[(round + turn) % contestants.length] as Contestant;
      const server = await contestant.start(arena);
      try {
        all.get(contestant.name)?.push(await measureRound(arena, contestant, server));
      } catch (error) {
        // One round of one server; the others still count.
        console.warn(`${contestant.name}, round ${round + 1}: ${(error as Error).message}`);
      }
      await server.stop();
    }
  }
} finally {
  await arena.close();
}
const peers = contestants.map((contestant) => summarise(contestant, all.get(contestant.name) ?? []));
const machine = describeMachine('veth pair');
const command = 'npm run bench:peers';
const file = writeResult<PeersResult>({ name: 'peers', command, machine, figures: { peers, missing } }, short);
const page = join(dirname(file), 'peers.html');
await drawPage(page);
printTable(peers);
console.log(file);
console.log(page);

/**
 * One start of one server. The rates come before the sweep, which leaves some servers with full queues and tables that
 * the next second would have to answer for.
 */
async function measureRound(where: Arena, contestant: Contestant, server: RunningServer): Promise<Round> {
  const steps: Round['steps'][number][] = [];
  const kept: Measured[] = [];
  for (const rate of RATES) {
    const learned = await offer(where, server.pid, { rate, seconds: LEARN_SECONDS }, 1);
    if (learned !== undefined && describeStep(contestant, learned).loss > LOSS_TOO_MUCH) break;
    const measured = await offer(where, server.pid, { rate, seconds }, ATTEMPTS);
    if (measured === undefined) continue;
    const { loss, userUs, systemUs, softirqUs } = describeStep(contestant, measured);
    if (loss > LOSS_TOO_MUCH) break;
    kept.push(measured);
    steps.push({ ...measured, loss, userUs, systemUs, softirqUs: softirqUs.reduce((sum, value) => sum + value, 0) });
  }
  const swept = await sweep(where, contestant, server, SWEEP, [], kept).catch((error: Error) => {
    console.warn(error.message);
    return null;
  });
  const { residentOctets } = readMemory(server.pid);
  const [clean, best, at200] = [swept?.cleanRate, swept?.best, swept?.at200];
  console.log(`${contestant.name}: clean ${k(clean)}, best ${k(best)}, at 2x ${k(at200)}`);
  return { sweep: swept, memoryOctets: residentOctets, steps, results: asResults(contestant, kept) };
}

/** The steps as one file of results of `ntpd-ts load`. */
function asResults({ name }: Contestant, kept: readonly Measured[]): LoadResults {
  const [first] = kept;
  if (first === undefined) throw new Error('the generator kept no rate at all');
  const steps = kept.flatMap((measured) => measured.results.steps).sort((a, b) => a.rate - b.rate);
  return { ...first.results, about: { ...first.results.about, label: name }, steps };
}

/** The page of the last round, by the program itself. */
async function drawPage(file: string): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'ntpd-ts-peers-'));
  try {
    const files = [...all].flatMap(([name, measured]) => {
      const last = measured.at(-1);
      if (last === undefined) return [];
      const path = join(scratch, `${name}.json`);
      writeFileSync(path, JSON.stringify(last.results));
      return [path];
    });
    const drawn = await ntpdTs(null, ['load', 'compare', ...files, '--html', file]);
    if (drawn.status !== 0) throw new Error(drawn.stderr);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function summarise({ name, version }: Contestant, measured: readonly Round[]): PeerFigures {
  const rates = RATES.flatMap((rate) => {
    const steps = measured.flatMap((round) => round.steps.filter((step) => step.rate === rate));
    if (steps.length === 0) return [];
    const over = (pick: (step: Round['steps'][number]) => number): Spread => spread(steps.map(pick));
    return [
      {
        rate,
        loss: over((step) => step.loss),
        residence: over((step) => step.distributions.residence.p50),
        transmitError: over((step) => step.distributions.transmitError.coreMean),
        transmitDeviation: over((step) => step.distributions.transmitError.coreDeviation),
        userUs: over((step) => step.userUs),
        systemUs: over((step) => step.systemUs),
        softirqUs: over((step) => step.softirqUs),
      },
    ];
  });
  const sweeps = measured.flatMap((round) => round.sweep ?? []);
  return {
    name,
    version,
    cleanRate: spread(sweeps.map(({ cleanRate }) => cleanRate)),
    best: spread(sweeps.map(({ best }) => best)),
    at200: spread(sweeps.flatMap(({ at200 }) => at200 ?? [])),
    memoryOctets: spread(measured.map((round) => round.memoryOctets)),
    rates,
  };
}

function printTable(figures: readonly PeerFigures[]): void {
  for (const peer of figures) {
    console.log(
      `${peer.name} (${peer.version}): clean rate (loss <= ${LOSS_MAX * 100} %) ${k(peer.cleanRate.median)}, ` +
        `best ${k(peer.best.median)}, at 2x ${k(peer.at200.median)}, ${(peer.memoryOctets.median / 2 ** 20).toFixed(0)} MiB`,
    );
    for (const at of peer.rates) {
      console.log(
        `  ${k(at.rate)}: residence ${us(at.residence)}, arrival - T3 ${us(at.transmitError)} +- ` +
          `${us(at.transmitDeviation)}, us/answer user ${at.userUs.median.toFixed(2)} system ` +
          `${at.systemUs.median.toFixed(2)} softirq ${at.softirqUs.median.toFixed(2)}, loss ${(at.loss.median * 100).toFixed(3)} %`,
      );
    }
  }
}

function k(value: number | null | undefined): string {
  return value === undefined || value === null || Number.isNaN(value) ? '-' : `${(value / 1000).toFixed(0)}k`;
}

function us(ns: Spread): string {
  return `${(ns.median / 1000).toFixed(2)} us`;
}
