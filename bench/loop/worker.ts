// One worker over loopback, asked faster than it can answer: answers per second of its processor time, with and
// without the correction of T3.
// npm run build && node --import tsx bench/loop/worker.ts [--short]
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { PoolOptions, ServerPool } from '../../src/workers/pool.ts';
import { SystemClockPublisher } from '../../src/workers/system-clock-publisher.ts';
import { TimePage } from '../../src/workers/time-page.ts';
import { localTime } from '../../test/support/loopback-server.ts';
import { describeMachine } from '../frame/machine.ts';
import { writeResult } from '../frame/results.ts';
import { type Spread, spread } from '../frame/statistics.ts';

const short = process.argv.includes('--short');
const ROUNDS = short ? 1 : 5;
const SECONDS = short ? 1 : 3;
const RATE = 400_000;
const PROGRAM = fileURLToPath(new URL('../../dist/daemon/main.js', import.meta.url));
const built = '../../dist/workers/pool.js';
const { ServerPool: BuiltPool } = (await import(built)) as { ServerPool: new (options: PoolOptions) => ServerPool };

/** Thousands of answers per second of processor time of this process, which does nothing but serve. */
async function round(correctTransmit: boolean): Promise<number> {
  const page = new TimePage();
  const publisher = new SystemClockPublisher(page);
  publisher.publish(localTime());
  const timer = setInterval(() => publisher.publish(localTime()), 500);
  const pool = new BuiltPool({
    listeners: [{ address: '127.0.0.1', port: 0 }],
    workers: 1,
    page,
    cpuAffinity: [1],
    correctTransmit,
  });
  await pool.ready();
  const before = process.cpuUsage();
  const options = ['--rate', String(RATE), '--duration', String(SECONDS), '--cores', '0', '--timeout', '0.2', '--json'];
  const port = String(pool.listeners[0]?.port);
  await promisify(execFile)(process.execPath, [PROGRAM, 'load', '127.0.0.1', '--port', port, ...options]).catch(
    (error: { stdout?: string }) => {
      if (!error.stdout) throw error; // a step that lost packets is what was asked for
    },
  );
  const used = process.cpuUsage(before);
  const { answered } = pool.counters();
  clearInterval(timer);
  await pool.stop();
  return answered / ((used.user + used.system) / 1e6) / 1000;
}

const corrected: number[] = [];
const plain: number[] = [];
for (let i = 0; i < ROUNDS; i++) {
  corrected.push(await round(true));
  plain.push(await round(false));
}
const figures: Record<string, Spread> = {
  'thousand answers per processor second, T3 corrected': spread(corrected),
  'thousand answers per processor second, T3 as read': spread(plain),
};
for (const [name, value] of Object.entries(figures)) {
  console.log(`${value.median.toFixed(1)} (${value.min.toFixed(1)}–${value.max.toFixed(1)}) ${name}`);
}
writeResult(
  {
    name: 'loop',
    command: 'node --import tsx bench/loop/worker.ts',
    machine: describeMachine('loopback'),
    figures,
  },
  short,
);
