// The pool as the daemon runs it, two workers of which one is ended every few seconds as a crash would end it.
//   node pool-server.mjs EVERY_MS [WORKER]    the first time after EVERY_MS, in turn or always the same one; 0: never
// Prints what the pool counted when it is told to stop. Plain JavaScript over the built output: a loader of TypeScript
// would go into every worker, and what it leaves behind would be measured too.
import { giveWayInV8 } from '../../dist/daemon/give-way.js';
import { returnFreedMemory } from '../../dist/native/malloc-tuning.js';
import { ServerPool } from '../../dist/workers/pool.js';
import { SystemClockPublisher } from '../../dist/workers/system-clock-publisher.js';
import { TimePage, unsynchronised } from '../../dist/workers/time-page.js';

const [everyMs = 0, only] = process.argv.slice(2).map(Number);
const WORKERS = 2;

giveWayInV8();
returnFreedMemory();
const page = new TimePage();
const publisher = new SystemClockPublisher(page);
const publish = () => publisher.publish({ ...unsynchronised(), leap: 0, stratum: 10, precisionLog2: -25 });
publish();
setInterval(publish, 500);
const pool = new ServerPool({ listeners: [{ address: '0.0.0.0', port: 123 }], workers: WORKERS, page });
await pool.ready();
console.log('serving');

let turn = 0;
let replacedMsMax = 0;
async function endOne() {
  const endedMs = performance.now();
  await pool.terminateWorker(only ?? turn++ % WORKERS);
  await pool.ready();
  replacedMsMax = Math.max(replacedMsMax, performance.now() - endedMs);
}
const restarts = everyMs > 0 ? setInterval(() => void endOne(), everyMs) : undefined;
process.once('SIGTERM', async () => {
  clearInterval(restarts);
  const { workersLost } = pool;
  const told = { workersLost, replacedMsMax, counters: pool.counters(), workers: pool.workerCounters() };
  await pool.stop();
  console.log(JSON.stringify(told));
  process.exit(0);
});
