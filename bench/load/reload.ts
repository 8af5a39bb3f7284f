/**
 * `npm run bench:reload`: whether a listener that stays loses requests while everything else is reloaded. One core is
 * asked for 70 % of what it can answer, in turn without reloads and with fifty: each brings another list of 10,000
 * prefixes, other limits, other keys, another source, and a second listener that comes and goes.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ControlClient } from '../../src/control/client.ts';
import type { ServerCounters } from '../../src/workers/counters.ts';
import { type NtpdTs, startNtpdTs } from '../../test/support/ntpd-ts.ts';
import { pause } from '../../test/support/run.ts';
import { type Arena, SERVER_CORE } from '../frame/arena.ts';
import { runInArena } from '../frame/bench.ts';
import { offer } from '../frame/generator.ts';
import { atMost, type Bar } from '../frame/statistics.ts';
import { saturate } from './sweep.ts';

/** One stretch of load, with as many reloads in it. */
export interface ReloadRound {
  readonly reloads: number;
  readonly rate: number;
  readonly sent: number;
  readonly lost: number;
  /** Of the lost: dropped by the kernel for want of queue space, kept out for an overload, and received but not answered. */
  readonly kernelDrops: number;
  readonly shed: number;
  readonly unanswered: number;
  /** Share of the time in which the server ran, in user and system mode: less of it at the same rate was taken away. */
  readonly busy: number;
  /** Longest time from a request to its reply, milliseconds. */
  readonly latencyMaxMs: number;
  /** Longest time that a reload took, milliseconds. */
  readonly reloadMaxMs: number;
}

export interface ReloadResult {
  /** Answers per second when more is asked than can be answered. */
  readonly saturation: number;
  readonly rounds: readonly ReloadRound[];
  readonly bars: readonly Bar[];
}

const short = process.argv.includes('--short');
const LOAD = 0.7;
const ROUNDS = short ? 1 : 3;
const RELOADS = short ? 5 : 50;
const RELOAD_EVERY_MS = 300;
const PREFIXES = 10_000;
/** Before the first reload: until the generator has started and its rate is up. */
const LEAD_MS = 1_000;
/** After the last was due: what reloads shares the core with what serves, and some take longer. */
const TAIL_MS = 4_000;
const SECONDS = (RELOADS * RELOAD_EVERY_MS + LEAD_MS + TAIL_MS) / 1000;
const ATTEMPTS = 5;
/** An overload is over a second after it. */
const CALM_MS = 2_000;

await runInArena('reload', short, measure);

async function measure(place: Arena): Promise<ReloadResult> {
  const server = await startNtpdTs(place.server, {
    args: ['--workers', '1', '--local-stratum', '1', '--clock', 'none'],
    config: configText(0),
    cpu: SERVER_CORE,
  });
  try {
    writeKeys(server, 0);
    const saturation = await saturate(place, server.child.pid);
    console.log(`saturation ${saturation.toFixed(0)}/s`);
    await pause(CALM_MS);
    const rate = Math.round(LOAD * saturation);
    const rounds: ReloadRound[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (const reloads of [0, RELOADS]) rounds.push(await measureRound(place, server, rate, reloads));
    }
    const lost = (reloads: number): number =>
      rounds.filter((round) => round.reloads === reloads).reduce((sum, round) => sum + round.lost, 0);
    console.log(`lost without reloads ${lost(0)}, with ${lost(RELOADS)}`);
    return { saturation, rounds, bars: [atMost(`requests lost over ${ROUNDS * RELOADS} reloads`, lost(RELOADS), 0)] };
  } finally {
    await server.child.stop();
  }
}

/** A round that the generator or the reloads could not keep says nothing and is made again. */
async function measureRound(place: Arena, server: NtpdTs, rate: number, reloads: number): Promise<ReloadRound> {
  const control = new ControlClient({ socket: join(server.directory, 'control.sock') });
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = await counters(control);
    let loaded = true;
    const offered = offer(place, server.child.pid, { rate, seconds: SECONDS }, 1).finally(() => {
      loaded = false;
    });
    await pause(LEAD_MS);
    let reloadMaxMs = 0;
    for (let i = 0; i < reloads; i++) {
      const tookMs = await reload(control, server, i + 1);
      reloadMaxMs = Math.max(reloadMaxMs, tookMs);
      await pause(Math.max(0, RELOAD_EVERY_MS - tookMs));
    }
    const inTime = loaded;
    const step = await offered;
    if (step === undefined) continue;
    if (!inTime) {
      console.warn(`the load ended before ${reloads} reloads were made`);
      continue;
    }
    const after = await counters(control);
    const { sent, lost } = step.counts;
    const [received, answered, kernelDrops, shed] = (['received', 'answered', 'kernelDrops', 'shed'] as const).map(
      (name) => after[name] - before[name],
    ) as [number, number, number, number];
    const unanswered = received - answered;
    const busy = (step.cpu.user + step.cpu.system) / SECONDS;
    const latencyMaxMs = step.distributions.latency.max / 1e6;
    console.log(
      `${reloads} reloads at ${rate}/s: ${lost} of ${sent} lost (queue full ${kernelDrops}, shed ${shed}, ` +
        `unanswered ${unanswered}); busy ${(100 * busy).toFixed(0)} %, ` +
        `longest wait ${latencyMaxMs.toFixed(1)} ms, longest reload ${reloadMaxMs.toFixed(0)} ms`,
    );
    return { reloads, rate, sent, lost, kernelDrops, shed, unanswered, busy, latencyMaxMs, reloadMaxMs };
  }
  throw new Error(`no stretch at ${rate}/s with ${reloads} reloads could be measured`);
}

/** Changes everything but the listener that is asked. @returns how long it took, in milliseconds. */
async function reload(control: ControlClient, server: NtpdTs, turn: number): Promise<number> {
  writeKeys(server, turn);
  const file = join(server.directory, 'ntp.toml');
  writeFileSync(`${file}.new`, configText(turn).replaceAll('@DIR@', server.directory));
  renameSync(`${file}.new`, file);
  const startedMs = performance.now();
  const { changes } = (await control.call('POST', '/reload')) as { changes: readonly string[] };
  if (changes.length < 4) throw new Error(`a reload changed only ${changes.join('; ')}`);
  return performance.now() - startedMs;
}

function writeKeys(server: NtpdTs, turn: number): void {
  const keys = Array.from(
    { length: 100 },
    (_, i) => `${i + 1} AES128 HEX:${(turn * 100 + i).toString(16).padStart(32, '0')}\n`,
  );
  writeFileSync(join(server.directory, 'keys'), keys.join(''), { mode: 0o600 });
}

/** Even and odd turns differ in everything; no client of the generator is in a list or over a limit. */
function configText(turn: number): string {
  const odd = turn % 2;
  const prefixes = Array.from({ length: PREFIXES }, (_, i) => `"${10 + odd}.${i >> 8}.${i & 255}.0/${24 + (i % 9)}"`);
  const keys = turn === 0 ? '' : '[keys]\nfile = "@DIR@/keys"\n';
  const beside = odd === 1 ? '[[server]]\nlisten = "0.0.0.0:1123"\n' : '';
  return `[observability]
observation-path = "@DIR@/control.sock"
[[source]]
mode = "server"
address = "10.77.0.${200 + odd}"
${keys}[[server]]
listen = "0.0.0.0:123"
denylist = { filter = [${prefixes.join(', ')}], action = "ignore" }
rate-limit-address = { rate = ${32 + odd}, burst = 256 }
${beside}`;
}

async function counters(control: ControlClient): Promise<ServerCounters> {
  const { server } = await control.status();
  if (server.counters === null) throw new Error('the server counts nothing');
  return server.counters;
}
