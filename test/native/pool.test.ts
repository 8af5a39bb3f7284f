import { readdirSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import { compileAccess } from '../../src/core/server/access.ts';
import { DEFAULT_POLICY } from '../../src/core/server/listener-policy.ts';
import { RECEIVE_BUFFER_OCTETS } from '../../src/workers/listener-sockets.ts';
import type { ServerPool } from '../../src/workers/pool.ts';
import { TimePage } from '../../src/workers/time-page.ts';
import { ntpdTs } from '../support/ntpd-ts.ts';
import { request } from '../support/requests.ts';
import { describeWith } from '../support/requirement.ts';
import { eventually } from '../support/run.ts';
import { BuiltPool, closeAll, openClient, openPool, workerOf } from '../support/server-pool.ts';

afterEach(closeAll);

test('two workers answer for two listeners on IPv4 and IPv6 at once', async () => {
  const serving = await openPool({
    listeners: [
      { address: '127.0.0.1', port: 0 },
      { address: '0.0.0.0', port: 0 },
      { address: '::1', port: 0 },
      { address: '::', port: 0 },
    ],
  });
  const v4 = await openClient();
  const v6 = await openClient('::1');
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
  const serving = await openPool();
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
  const serving = await openPool({ listeners: [{ address: '::1', port: 0 }] });
  const asking = await Promise.all(Array.from({ length: 30 }, () => openClient('::1')));
  for (const each of asking) await each.send(request(), serving.listeners[0]?.port as number, '::1');
  for (const each of asking) await each.expect(1);
  expect(serving.workerCounters().filter((counters) => counters.received > 0)).toHaveLength(1);
});

test('a terminated worker is replaced within a second and no other worker loses a packet', async () => {
  const lost: number[] = [];
  const serving = await openPool({ onWorkerLost: (index) => lost.push(index) });
  const port = serving.listeners[0]?.port as number;
  const addresses = Array.from({ length: 16 }, (_, i) => `127.0.1.${10 + i}`);
  const workers = new Map<string, number>();
  for (const address of addresses) workers.set(address, await workerOf(serving, address));
  const clients = await Promise.all(addresses.map((address) => openClient(address)));
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

test('a lost worker is succeeded by a thread that has rehearsed, and another is prepared for the next one', async () => {
  const serving = await openPool();
  const [, survivor] = serving.threadIds();
  for (let loss = 1; loss <= 3; loss++) {
    await eventually('there is a spare', () => serving.hasSpare || undefined);
    const begunLater = new Worker('', { eval: true }).threadId;
    await serving.terminateWorker(0);
    await serving.ready();
    // Threads are numbered as they are begun: this one was there before.
    expect(serving.threadIds()[0]).toBeLessThan(begunLater);
    expect(serving.threadIds()[1]).toBe(survivor);
    expect(serving.hasSpare).toBe(false);
    expect(serving.workersLost).toBe(loss);
  }
});

test('more workers than there are spares are lost at once, and all are replaced', async () => {
  const serving = await openPool({ workers: 4 });
  await eventually('there is a spare', () => serving.hasSpare || undefined);
  for (const worker of [0, 1, 2]) void serving.terminateWorker(worker);
  await eventually('three are lost', () => serving.workersLost === 3 || undefined);
  await serving.ready();
  const asking = await Promise.all(Array.from({ length: 32 }, (_, i) => openClient(`127.0.2.${10 + i}`)));
  for (const each of asking) await each.send(request(), serving.listeners[0]?.port as number);
  for (const each of asking) await each.expect(1);
  expect(serving.workerCounters().every((counters) => counters.received > 0)).toBe(true);
  await eventually('there is a spare again', () => serving.hasSpare || undefined);
  await serving.stop();
});

// Only root gets a receive queue that holds what comes while a busy machine runs something else for half a second.
await describeWith({ root: true }, 'under load', () => {
  /** Requests per second; the addon with sanitizers is an order of magnitude slower. */
  const RATE = process.env['NTPD_TS_ADDON'] === undefined ? 60_000 : 5000;

  test('a lost worker costs the others nothing, and the service is whole within a second', async () => {
    const serving = await openPool({ listeners: [{ address: '127.0.0.1', port: 0, receiveBufferOctets: 1 << 24 }] });
    const port = serving.listeners[0]?.port as number;
    const sources = Array.from({ length: 16 }, (_, i) => `127.0.1.${10 + i}`);
    const load = async (seconds: number): Promise<{ sent: number; answered: number }> => {
      const args = ['--port', String(port), '--rate', String(RATE), '--duration', String(seconds)];
      const done = await ntpdTs(null, ['load', '127.0.0.1', ...args, '--source', ...sources, '--json']);
      return JSON.parse(done.stdout).steps[0].counts;
    };
    const loading = load(3);
    await eventually('a second of load', () => serving.counters().received > RATE || undefined);
    const lostMs = performance.now();
    await serving.terminateWorker(0);
    await serving.ready();
    expect(performance.now() - lostMs).toBeLessThan(1000);
    const during = await loading;
    const survivor = serving.workerCounters()[1];
    expect(survivor).toMatchObject({ kernelDrops: 0, answered: survivor?.received, sendRefused: 0, sendWouldBlock: 0 });
    // The rest waited for the successor in the queue: only batches in the hands of the lost worker can be gone.
    expect(during.sent - during.answered).toBeLessThan(256);
    expect(serving.workersLost).toBe(1);
    const after = await load(1);
    expect(after.answered).toBe(after.sent);
  });
});

test('workers that keep their memory resident serve and are replaced as others are', async () => {
  const serving = await openPool({ lockMemory: true });
  const asking = await openClient();
  const port = serving.listeners[0]?.port as number;
  for (let round = 1; round <= 3; round++) {
    await asking.send(request(), port);
    await asking.expect(round);
    for (const worker of [0, 1]) await serving.terminateWorker(worker);
    await serving.ready();
  }
});

test('a listener says what receive buffer it wanted, also where nobody chose one', async () => {
  const listeners = [
    { address: '127.0.0.1', port: 0 },
    { address: '127.0.0.1', port: 0, receiveBufferOctets: 100_000 },
  ];
  const serving = await openPool({ listeners });
  expect(serving.listeners.map((each) => each.receiveBufferWanted)).toEqual([RECEIVE_BUFFER_OCTETS, 100_000]);
});

test('an address and the wildcard are served on one port, each by its own policy', async () => {
  const barred = { ...DEFAULT_POLICY, access: compileAccess({ filter: [], action: 'ignore' }, null) };
  const { port } = (await openPool()).listeners[0] as { port: number };
  await closeAll();
  for (const addresses of [
    ['127.0.0.1', '0.0.0.0'],
    ['0.0.0.0', '127.0.0.1'],
  ]) {
    const policy = (address: string) => (address === '127.0.0.1' ? { policy: barred } : {});
    const serving = await openPool({ listeners: addresses.map((address) => ({ address, port, ...policy(address) })) });
    const asking = await openClient();
    await asking.send(request(), port);
    await asking.send(request(), port, '127.0.0.2');
    await asking.expect(1);
    expect(asking.received[0]?.address).toBe('127.0.0.2');
    expect(serving.counters().drops['access-denied']).toBe(1);
    await closeAll();
  }
});

test('a busy port is noticed, though the port can be shared', async () => {
  const serving = await openPool();
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
  const warm = await openPool();
  await warm.stop();
  const before = descriptors();
  const serving = await openPool();
  const asking = await openClient();
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

test('a pool that fails after its listeners were opened leaves nothing open', () => {
  const open = (): number => readdirSync('/proc/self/fd').length;
  const make = (): ServerPool =>
    new BuiltPool({
      listeners: [{ address: '127.0.0.1', port: 0 }],
      workers: 2,
      page: new TimePage(),
      resourceLimits: 0.5 as never, // refused by the last that is made: the threads
    });
  const before = open();
  expect(make).toThrow();
  expect(open()).toBe(before);
});
