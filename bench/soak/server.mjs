// The server of the soak: the pool as the daemon runs it, two workers, of which one is ended every few seconds as a
// crash would end it. Prints what the pool counted when it is told to stop. Plain JavaScript over the built output:
// a loader of TypeScript would go into every worker, and what it leaves behind would be measured too.
import { ServerPool } from '../../dist/workers/pool.js';
import { SystemClockPublisher } from '../../dist/workers/system-clock-publisher.js';
import { TimePage, unsynchronised } from '../../dist/workers/time-page.js';

const RESTART_EVERY_MS = 3_000;
const WORKERS = 2;

const page = new TimePage();
const publisher = new SystemClockPublisher(page);
const publish = () => publisher.publish({ ...unsynchronised(), leap: 0, stratum: 10, precisionLog2: -25 });
publish();
setInterval(publish, 500);
const pool = new ServerPool({ listeners: [{ address: '0.0.0.0', port: 123 }], workers: WORKERS, page });
await pool.ready();
console.log('serving');

let turn = 0;
const restarts = setInterval(() => void pool.terminateWorker(turn++ % WORKERS), RESTART_EVERY_MS);
process.once('SIGTERM', async () => {
  clearInterval(restarts);
  const told = { workersLost: pool.workersLost, counters: pool.counters() };
  await pool.stop();
  console.log(JSON.stringify(told));
  process.exit(0);
});
