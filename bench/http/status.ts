/**
 * `npm run bench:http`: the status endpoint of the control socket, asked by autocannon while the server answers NTP on
 * the same core: what the endpoint takes, and that serving does not notice. Steps with and without it alternate.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { startNtpdTs } from '../../test/support/ntpd-ts.ts';
import { run } from '../../test/support/run.ts';
import { openArena, SERVER_CORE } from '../frame/arena.ts';
import { type Measured, offer } from '../frame/generator.ts';
import { describeMachine } from '../frame/machine.ts';
import { writeResult } from '../frame/results.ts';
import { atMost, type Bar, printBars, type Spread, spread } from '../frame/statistics.ts';

export interface HttpResult {
  readonly rate: number;
  readonly statusPerSecond: Spread;
  readonly statusP99Ms: Spread;
  /** NTP requests lost, as shares; p99 of their latency, nanoseconds. */
  readonly alone: { readonly loss: Spread; readonly p99: Spread };
  readonly asked: { readonly loss: Spread; readonly p99: Spread };
  readonly bars: readonly Bar[];
}

const short = process.argv.includes('--short');
const ROUNDS = short ? 1 : 5;
const SECONDS = short ? 2 : 4;
const NTP_RATE = 100_000;
/** Requests for the status a second: far more than anyone who watches a server sends. */
const STATUS_RATE = 200;
const CONNECTIONS = 4;
const LOSS_MAX = 0.001;
const STATUS_P99_MS_MAX = 50;

/** What is used of the output of `autocannon --json`. */
interface Cannonade {
  readonly requests: { readonly average: number };
  readonly latency: { readonly p99: number };
  readonly errors: number;
  readonly non2xx: number;
}

const AUTOCANNON = createRequire(import.meta.url).resolve('autocannon');

async function askStatus(socket: string, seconds: number): Promise<Cannonade> {
  const options = ['--json', '-c', String(CONNECTIONS), '-R', String(STATUS_RATE), '-d', String(seconds), '-S', socket];
  const argv = [process.execPath, AUTOCANNON, ...options, 'http://localhost/status'];
  const done = await run(argv, { timeoutMs: (seconds + 30) * 1000 });
  if (done.status !== 0) throw new Error(`autocannon: ${done.stderr}`);
  return JSON.parse(done.stdout) as Cannonade;
}

const arena = await openArena(false);
const config = '[observability]\nobservation-path = "@DIR@/control.sock"\n[[server]]\nlisten = "0.0.0.0:123"\n';
const args = ['--workers', '1', '--local-stratum', '1', '--clock', 'none'];
const server = await startNtpdTs(arena.server, { args, config, cpu: SERVER_CORE });
const socket = join(server.directory, 'control.sock');
const alone: Measured[] = [];
const asked: Measured[] = [];
const cannonades: Cannonade[] = [];
try {
  await offer(arena, server.child.pid, { rate: NTP_RATE, seconds: 1 }, 1);
  for (let round = 0; round < ROUNDS; round++) {
    const quiet = await offer(arena, server.child.pid, { rate: NTP_RATE, seconds: SECONDS });
    if (quiet !== undefined) alone.push(quiet);
    // Longer than the step, so that all of it is asked.
    const cannonade = askStatus(socket, SECONDS + 2);
    const loud = await offer(arena, server.child.pid, { rate: NTP_RATE, seconds: SECONDS });
    if (loud !== undefined) asked.push(loud);
    cannonades.push(await cannonade);
  }
} finally {
  await server.child.stop();
  await arena.close();
}
const failed = cannonades.reduce((sum, { errors, non2xx }) => sum + errors + non2xx, 0);
const served = (steps: readonly Measured[]): HttpResult['alone'] => ({
  loss: spread(steps.map(({ loss }) => loss)),
  p99: spread(steps.map(({ distributions }) => distributions.latency.p99)),
});
const statusP99Ms = spread(cannonades.map(({ latency }) => latency.p99));
const figures: HttpResult = {
  rate: NTP_RATE,
  statusPerSecond: spread(cannonades.map(({ requests }) => requests.average)),
  statusP99Ms,
  alone: served(alone),
  asked: served(asked),
  bars: [
    atMost(`loss at ${NTP_RATE}/s while the status is asked for`, served(asked).loss.median, LOSS_MAX),
    atMost('p99 of the status, ms', statusP99Ms.median, STATUS_P99_MS_MAX),
    atMost('requests for the status that failed', failed, 0),
  ],
};
for (const [name, { loss, p99 }] of Object.entries({ alone: figures.alone, asked: figures.asked })) {
  console.log(`${name}: loss ${(loss.median * 100).toFixed(3)} %, p99 ${(p99.median / 1e3).toFixed(0)} us`);
}
console.log(`status: ${figures.statusPerSecond.median.toFixed(0)}/s, p99 ${statusP99Ms.median.toFixed(1)} ms`);
printBars(figures.bars);
console.log(
  writeResult({ name: 'http', command: 'npm run bench:http', machine: describeMachine('veth pair'), figures }, short),
);
