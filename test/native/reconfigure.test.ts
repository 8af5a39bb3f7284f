import { createHash } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { compileAccess } from '../../src/core/server/access.ts';
import { DEFAULT_POLICY } from '../../src/core/server/listener-policy.ts';
import type { PoolListener } from '../../src/workers/open-listeners.ts';
import { request } from '../support/requests.ts';
import { eventually, pause } from '../support/run.ts';
import { closeAll, openClient, openPool } from '../support/server-pool.ts';

afterEach(closeAll);

const KEPT = { address: '127.0.0.1', port: 0 };
const OTHER = { address: '127.0.0.2', port: 0 };
const barred = { ...DEFAULT_POLICY, access: compileAccess({ filter: [], action: 'ignore' }, null) };

test('lists change for running workers, and for those that are started later', async () => {
  const serving = await openPool();
  const asking = await openClient();
  const port = serving.listeners[0]?.port as number;
  await asking.send(request(), port);
  await asking.expect(1);
  await serving.reconfigure([{ ...KEPT, policy: barred }], []);
  await serving.terminateWorker(0);
  await serving.terminateWorker(1);
  await serving.ready();
  await asking.send(request(), port);
  await serving.reconfigure([KEPT], []);
  await asking.send(request(), port);
  await asking.expect(2);
  expect(serving.counters().drops['access-denied']).toBe(1);
  expect(serving.listeners[0]?.port).toBe(port);
});

test('keys come and go', async () => {
  const serving = await openPool();
  const asking = await openClient();
  const port = serving.listeners[0]?.port as number;
  const secret = Uint8Array.from(Buffer.from('correct horse battery'));
  const header = request();
  const digest = createHash('sha1').update(secret).update(header).digest();
  const packet = new Uint8Array([...header, 0, 0, 0, 7, ...digest]);
  await serving.reconfigure([KEPT], [{ id: 7, algorithm: 'sha1', secret }]);
  await asking.send(packet, port);
  await asking.expect(1);
  await serving.reconfigure([KEPT], []);
  await asking.send(packet, port);
  await asking.send(header, port);
  await asking.expect(2);
  expect(serving.counters().drops['unknown-key']).toBe(1);
});

test('listeners come and go while others stay, and none that stays loses a packet over 50 changes', async () => {
  const serving = await openPool();
  const clients = await Promise.all(Array.from({ length: 8 }, (_, i) => openClient(`127.0.3.${i + 1}`)));
  const port = serving.listeners[0]?.port as number;
  let sent = 0;
  for (let round = 0; round < 50; round++) {
    const changed = serving.reconfigure(round % 2 ? [KEPT] : [OTHER, KEPT], []);
    for (let i = 0; i < 10; i++) for (const each of clients) await each.send(request(), port);
    sent += 10;
    await changed;
  }
  for (const each of clients) await each.expect(sent);
  expect(serving.listeners).toHaveLength(1);
  await serving.reconfigure([OTHER, KEPT], []);
  const asking = await openClient();
  await asking.send(request(), serving.listeners[0]?.port as number, '127.0.0.2');
  await asking.send(request(), port);
  await asking.expect(2);
});

test('a listener that goes while the successor of a lost worker starts is not taken from under it', async () => {
  const faults: unknown[] = [];
  let changed: Promise<void> | undefined;
  const serving = await openPool({
    listeners: [OTHER, KEPT],
    onWorkerLost: (_, fault) => {
      faults.push(fault);
      // The successor has been begun by then, with the listeners of before.
      setImmediate(() => {
        changed ??= serving.reconfigure([KEPT], []);
      });
    },
  });
  await pause(1100); // one that is lost later than a second after its start is started again at once
  for (const worker of [0, 1]) void serving.terminateWorker(worker);
  await eventually('both are lost', () => faults.length > 1 || undefined);
  await changed;
  await serving.ready();
  expect(faults.map(String)).toEqual(Array(2).fill('Error: worker exited with code: 1'));
  const clients = await Promise.all(Array.from({ length: 8 }, (_, i) => openClient(`127.0.5.${i + 1}`)));
  for (const each of clients) await each.send(request(), serving.listeners[0]?.port as number);
  for (const each of clients) await each.expect(1);
});

test('socket options of a listener that stays change under load, and no request is lost', async () => {
  const serving = await openPool();
  const clients = await Promise.all(Array.from({ length: 8 }, (_, i) => openClient(`127.0.4.${i + 1}`)));
  const port = serving.listeners[0]?.port as number;
  const variants: PoolListener[] = [
    { ...KEPT, dscp: 46, receiveBufferOctets: 400_000 },
    { ...KEPT, timestamping: 'none', steering: 'flow' },
    { ...KEPT, freebind: true },
    KEPT,
  ];
  let sent = 0;
  for (let round = 0; round < 40; round++) {
    const changed = serving.reconfigure([variants[round % 4] as PoolListener], []);
    for (let i = 0; i < 10; i++) for (const each of clients) await each.send(request(), port);
    sent += 10;
    await changed;
  }
  for (const each of clients) await each.expect(sent);
  expect(serving.listeners[0]?.port).toBe(port);
  await serving.reconfigure([variants[0] as PoolListener], []);
  expect(serving.listeners[0]?.receiveBufferOctets).toBe(400_000);
});

test('a listener moves to an interface, and requests that come meanwhile are answered', async () => {
  const serving = await openPool();
  const port = serving.listeners[0]?.port as number;
  const asking = await openClient();
  const changed = serving.reconfigure([{ ...KEPT, port, interface: 'lo' }], []);
  for (let i = 0; i < 50; i++) await asking.send(request(), port);
  await changed;
  await asking.send(request(), port);
  await asking.expect(51);
});

test('an address may give way to one that takes it in, and the other way round', async () => {
  const serving = await openPool();
  const port = serving.listeners[0]?.port as number;
  const asking = await openClient();
  for (const address of ['0.0.0.0', '127.0.0.1', '0.0.0.0']) {
    await serving.reconfigure([{ address, port }], []);
    await asking.send(request(), port);
  }
  await asking.expect(3);
});

test('an address gets a listener of its own beside the wildcard that stays', async () => {
  const serving = await openPool({ listeners: [{ address: '0.0.0.0', port: 0 }] });
  const port = serving.listeners[0]?.port as number;
  const asking = await openClient();
  const wildcard = { address: '0.0.0.0', port: 0 };
  await serving.reconfigure([wildcard, { address: '127.0.0.1', port, policy: barred }], []);
  await asking.send(request(), port);
  await asking.send(request(), port, '127.0.0.2');
  await asking.expect(1);
  await serving.reconfigure([wildcard], []);
  await asking.send(request(), port);
  await asking.expect(2);
  expect(serving.counters().drops['access-denied']).toBe(1);
});

test('a change that cannot be made changes nothing', async () => {
  const serving = await openPool();
  const port = serving.listeners[0]?.port as number;
  await expect(serving.reconfigure([KEPT, { address: '192.0.2.1', port: 0 }], [])).rejects.toThrow(/EADDRNOTAVAIL/);
  await expect(serving.reconfigure([{ ...KEPT, interface: 'none0' }], [])).rejects.toThrow(/ENODEV|SO_BINDTODEVICE/);
  const asking = await openClient();
  await asking.send(request(), port);
  await asking.expect(1);
});
