import type { PoolOptions, ServerPool } from '../../src/workers/pool.ts';
import type { ServingThreads } from '../../src/workers/serving-threads.ts';
import { SystemClockPublisher } from '../../src/workers/system-clock-publisher.ts';
import { TimePage } from '../../src/workers/time-page.ts';
import { LoopbackClient, localTime } from './loopback-server.ts';
import { request } from './requests.ts';

// Worker threads run the built output, so the pool that starts them is the built one.
const built = '../../dist/workers/pool.js';
export const { ServerPool: BuiltPool } = (await import(built)) as {
  ServerPool: new (options: PoolOptions) => ServerPool;
};
export const { ServingThreads: BuiltServingThreads } = (await import(
  '../../dist/workers/serving-threads.js' as string
)) as {
  ServingThreads: typeof ServingThreads;
};

const closing: (() => unknown)[] = [];

/** Ends what the test has started, the latest first; to be called after each. */
export async function closeAll(): Promise<void> {
  for (const close of closing.splice(0).reverse()) await close();
}

/** A pool of two workers that serve local time on loopback, once all of them do. */
export async function openPool(options: Partial<PoolOptions> = {}): Promise<ServerPool> {
  const page = new TimePage();
  const publisher = new SystemClockPublisher(page);
  publisher.publish(localTime());
  const timer = setInterval(() => publisher.publish(localTime()), 500);
  closing.push(() => clearInterval(timer));
  const made = new BuiltPool({ listeners: [{ address: '127.0.0.1', port: 0 }], workers: 2, page, ...options });
  closing.push(() => made.stop());
  await made.ready();
  return made;
}

export async function openClient(address?: string): Promise<LoopbackClient> {
  const made = await LoopbackClient.open(address);
  closing.push(() => made.close());
  return made;
}

/** Which worker answers the client at `address` when it asks `target`: the one whose count grew; -1 for several. */
export async function workerOf(serving: ServerPool, address: string, target = '127.0.0.1'): Promise<number> {
  const asking = await LoopbackClient.open(address);
  const before = serving.workerCounters().map((counters) => counters.received);
  await asking.send(request(), serving.listeners[0]?.port as number, target);
  await asking.expect(1);
  asking.close();
  const grown = serving.workerCounters().map((counters, i) => counters.received - (before[i] as number));
  return grown.reduce((sum, count) => sum + count) === 1 ? grown.indexOf(1) : -1;
}
