import { afterEach, expect, test } from 'vitest';
import type { PoolOptions, ServerPool } from '../../src/workers/pool.ts';
import { SystemClockPublisher } from '../../src/workers/system-clock-publisher.ts';
import { TimePage } from '../../src/workers/time-page.ts';
import { LoopbackClient, localTime } from '../support/loopback-server.ts';
import { request } from '../support/requests.ts';

// Worker threads run the built output, so the pool that starts them is the built one.
const built = '../../dist/workers/pool.js';
const { ServerPool: BuiltPool } = (await import(built)) as { ServerPool: new (options: PoolOptions) => ServerPool };

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function pool(options: Partial<PoolOptions> = {}): Promise<ServerPool> {
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

async function client(address?: string): Promise<LoopbackClient> {
  const made = await LoopbackClient.open(address);
  closing.push(() => made.close());
  return made;
}

/** Which worker answers a client: the one whose count grew. */
async function workerOf(serving: ServerPool, address: string): Promise<number> {
  const asking = await LoopbackClient.open(address);
  const before = serving.workerCounters().map((counters) => counters.received);
  await asking.send(request(), serving.listeners[0]?.port as number);
  await asking.expect(1);
  asking.close();
  const grown = serving.workerCounters().map((counters, i) => counters.received - (before[i] as number));
  expect(grown.reduce((sum, count) => sum + count)).toBe(1);
  return grown.indexOf(1);
}

test('two workers answer for two listeners on IPv4 and IPv6 at once', async () => {
  const serving = await pool({
    listeners: [
      { address: '127.0.0.1', port: 0 },
      { address: '0.0.0.0', port: 0 },
      { address: '::1', port: 0 },
      { address: '::', port: 0 },
    ],
  });
  const v4 = await client();
  const v6 = await client('::1');
  for (let i = 0; i < 50; i++) {
    await v4.send(request(), serving.listeners[0]?.port as number);
    await v4.send(request(), serving.listeners[1]?.port as number);
    await v6.send(request(), serving.listeners[2]?.port as number, '::1');
    await v6.send(request(), serving.listeners[3]?.port as number, '::1');
  }
  await v4.expect(100);
  await v6.expect(100);
  expect(serving.counters().answered).toBe(200);
});

test('one client always meets one worker, whatever its port, also after a worker was replaced', async () => {
  const serving = await pool();
  const addresses = Array.from({ length: 40 }, (_, i) => `127.0.${i % 7}.${10 + i}`);
  const before = new Map<string, number>();
  for (const address of addresses) before.set(address, await workerOf(serving, address));
  expect(new Set(before.values())).toEqual(new Set([0, 1]));
  for (let port = 0; port < 20; port++) expect(await workerOf(serving, '127.0.0.10')).toBe(before.get('127.0.0.10'));
  await serving.terminateWorker(0);
  await serving.ready();
  for (const address of addresses) expect(await workerOf(serving, address)).toBe(before.get(address));
});

test('one client over IPv6 meets one worker, whatever its port', async () => {
  const serving = await pool({ listeners: [{ address: '::1', port: 0 }] });
  const asking = await Promise.all(Array.from({ length: 30 }, () => client('::1')));
  for (const each of asking) await each.send(request(), serving.listeners[0]?.port as number, '::1');
  for (const each of asking) await each.expect(1);
  expect(serving.workerCounters().filter((counters) => counters.received > 0)).toHaveLength(1);
});

test('a terminated worker is replaced within a second and no other worker loses a packet', async () => {
  const lost: number[] = [];
  const serving = await pool({ onWorkerLost: (index) => lost.push(index) });
  const port = serving.listeners[0]?.port as number;
  const addresses = Array.from({ length: 16 }, (_, i) => `127.0.1.${10 + i}`);
  const workers = new Map<string, number>();
  for (const address of addresses) workers.set(address, await workerOf(serving, address));
  const clients = await Promise.all(addresses.map((address) => client(address)));
  const survivors = clients.filter((_, i) => workers.get(addresses[i] as string) === 1);
  expect(survivors.length).toBeGreaterThan(0);
  expect(survivors.length).toBeLessThan(clients.length);
  for (let round = 0; round < 200; round++) {
    for (const each of clients) await each.send(request(), port);
    if (round === 50) void serving.terminateWorker(0);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  for (const each of survivors) await each.expect(200);
  // What the lost worker had not read yet waits for its successor; only a batch in its hands can be gone.
  for (const each of clients) await each.expect(200 - 64);
  await serving.ready();
  expect(lost).toEqual([0]);
  expect(serving.workersLost).toBe(1);
  const after = clients.map((each) => each.received.length);
  for (const each of clients) await each.send(request(), port);
  for (const [i, each] of clients.entries()) await each.expect((after[i] as number) + 1);
});

test('a busy port is noticed, though the port can be shared', async () => {
  const serving = await pool();
  const port = serving.listeners[0]?.port as number;
  const page = new TimePage();
  expect(() => new BuiltPool({ listeners: [{ address: '127.0.0.1', port }], workers: 1, page })).toThrowError(
    expect.objectContaining({ code: 'EADDRINUSE', syscall: 'bind' }),
  );
});

test('an address and an interface that are not there are named errors, and freebind takes the address anyway', async () => {
  const page = new TimePage();
  const open = (spec: object) =>
    new BuiltPool({ listeners: [{ address: '192.0.2.77', port: 0, ...spec }], workers: 1, page });
  expect(() => open({})).toThrowError(expect.objectContaining({ code: 'EADDRNOTAVAIL', syscall: 'bind' }));
  expect(() => open({ interface: 'nowhere0' })).toThrowError(expect.objectContaining({ code: 'ENODEV' }));
  const bound = open({ freebind: true });
  await bound.stop();
});

test('stopping is prompt, also while packets keep coming, and leaves no descriptor open', async () => {
  const { readdirSync } = await import('node:fs');
  const descriptors = () => readdirSync('/proc/self/fd').length;
  const warm = await pool();
  await warm.stop();
  const before = descriptors();
  const serving = await pool();
  const asking = await client();
  const clientSockets = descriptors() - before;
  let sending = true;
  const flood = (async () => {
    while (sending) {
      await asking.send(request(), serving.listeners[0]?.port as number);
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  await asking.expect(100);
  const startMs = performance.now();
  await serving.stop();
  expect(performance.now() - startMs).toBeLessThan(5000);
  sending = false;
  await flood;
  expect(descriptors()).toBeLessThanOrEqual(before + clientSockets);
  await serving.stop();
});
