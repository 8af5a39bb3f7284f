import { networkInterfaces } from 'node:os';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { LoopbackServer, localTime } from '../support/loopback-server.ts';
import { describeInOwnNetwork } from '../support/own-network.ts';
import { request } from '../support/requests.ts';
import { eventually, run, runOk } from '../support/run.ts';
import { closeAll, openClient, openPool, workerOf } from '../support/server-pool.ts';

afterEach(closeAll);

const SECOND4 = ['10.1.0.1', '10.1.0.2', '10.2.0.1'];
const SECOND6 = ['fd00:1::1', 'fd00:1::2', 'fd00:2::1'];
/** As many clients, in networks of different lengths, that tell themselves apart in different words of the address. */
const CLIENTS6 = Array.from({ length: 40 }, (_, i) =>
  ['fd00', i % 3, i % 5, 0, 0, 0, 0, (i + 1).toString(16)].join(':'),
);

async function addAddress(address: string): Promise<void> {
  const isV6 = address.includes(':');
  await runOk(['ip', 'address', 'add', `${address}/${isV6 ? 128 : 32}`, 'dev', 'lo', ...(isV6 ? ['nodad'] : [])]);
}

await describeInOwnNetwork(import.meta.url, 'a host of many addresses', () => {
  beforeAll(async () => {
    for (const address of [...SECOND4, ...SECOND6, ...CLIENTS6]) await addAddress(address);
  });

  test('answers from the one that was asked, over IPv4 and IPv6', async () => {
    const serving = await openPool({
      listeners: [
        { address: '0.0.0.0', port: 0 },
        { address: '::', port: 0 },
      ],
    });
    for (const [listener, addresses] of [SECOND4, SECOND6].entries()) {
      for (const asked of addresses) {
        const asking = await openClient(addresses[0]);
        await asking.send(request(), serving.listeners[listener]?.port as number, asked);
        await asking.expect(1);
        expect(asking.received[0]?.address).toBe(asked);
      }
    }
  });

  test('has sockets of their own for some addresses; where a client asks, and whom, makes no difference', async () => {
    const serving = await openPool({
      listeners: [
        { address: '0.0.0.0', port: 0 },
        { address: '::', port: 0 },
      ],
    });
    const [v4, v6] = serving.listeners;
    expect(v4?.addresses).toEqual(SECOND4);
    expect(v6?.addresses).toHaveLength(8);
    const all6 = (networkInterfaces()['lo'] ?? []).filter(({ family }) => family === 'IPv6');
    for (const { address: asked } of all6) {
      const asking = await openClient('::1');
      await asking.send(request(), v6?.port as number, asked);
      await asking.expect(1);
      expect(asking.received[0]?.address).toBe(asked);
    }
    const before = new Map<string, number>();
    for (let i = 1; i < 20; i++) before.set(`127.0.5.${i}`, await workerOf(serving, `127.0.5.${i}`));
    expect(new Set(before.values())).toEqual(new Set([0, 1]));
    const sameAt = async (asked: string): Promise<void> => {
      for (const [address, worker] of before) expect(await workerOf(serving, address, asked)).toBe(worker);
    };
    for (const asked of SECOND4) await sameAt(asked);
    await serving.terminateWorker(0);
    await serving.ready();
    await sameAt('127.0.0.1');
    await sameAt('10.2.0.1');
  });

  test('follows addresses that come, go and come again, and loses no request at another', async () => {
    const serving = await openPool({ listeners: [{ address: '0.0.0.0', port: 0 }] });
    const port = serving.listeners[0]?.port as number;
    const asking = await openClient('10.1.0.2');
    const coming = await openClient('10.1.0.2');
    expect(await serving.followAddresses()).toBe(false);
    for (let round = 1; round <= 5; round++) {
      await addAddress('10.4.0.1');
      await coming.send(request(), port, '10.4.0.1');
      const followed = serving.followAddresses();
      for (let i = 0; i < 50; i++) await asking.send(request(), port, '10.1.0.1');
      expect(await followed).toBe(true);
      expect(serving.listeners[0]?.addresses).toEqual([...SECOND4, '10.4.0.1']);
      await coming.send(request(), port, '10.4.0.1');
      await coming.expect(2 * round);
      await runOk(['ip', 'address', 'del', '10.4.0.1/32', 'dev', 'lo']);
      expect(await serving.followAddresses()).toBe(true);
      expect(serving.listeners[0]?.addresses).toEqual(SECOND4);
    }
    await asking.expect(250);
    expect(coming.received.every(({ address }) => address === '10.4.0.1')).toBe(true);
  });

  test('takes sockets that an address has over when the listener changes between all addresses and that one', async () => {
    const serving = await openPool({ listeners: [{ address: '0.0.0.0', port: 0 }] });
    const port = serving.listeners[0]?.port as number;
    const clients = await Promise.all(Array.from({ length: 8 }, (_, i) => openClient(`127.0.6.${i + 1}`)));
    const all = { address: '0.0.0.0', port };
    const one = { address: '10.1.0.1', port };
    let sent = 0;
    for (const listeners of [[one], [all], [all, one], [one, all], [{ ...one, dscp: 46 }], [all], [one]]) {
      const changed = serving.reconfigure(listeners, []);
      for (let i = 0; i < 20; i++) for (const each of clients) await each.send(request(), port, '10.1.0.1');
      sent += 20;
      await changed;
    }
    for (const each of clients) await each.expect(sent);
    await serving.reconfigure([one, all], []);
    expect(serving.listeners.map(({ addresses }) => addresses)).toEqual([[], ['10.1.0.2', '10.2.0.1']]);
  });

  test('serves an address by the wildcard where one cannot have sockets of its own, and says so once', async () => {
    const refused: unknown[] = [];
    const serving = await openPool({
      listeners: [{ address: '0.0.0.0', port: 0 }],
      hostAddresses: () => ['10.5.0.1', '10.1.0.1'].map((address) => ({ address, interface: 'lo' })),
      onAddressRefused: (address, error) => refused.push([address, (error as { code?: string }).code]),
    });
    const port = serving.listeners[0]?.port as number;
    expect(serving.listeners[0]?.addresses).toEqual(['10.1.0.1']);
    await serving.followAddresses();
    expect(refused).toEqual([['10.5.0.1', 'EADDRNOTAVAIL']]);
    await addAddress('10.5.0.1');
    const asking = await openClient('10.1.0.2');
    await asking.send(request(), port, '10.5.0.1');
    await asking.expect(1);
    expect(await serving.followAddresses()).toBe(true);
    await asking.send(request(), port, '10.5.0.1');
    await asking.expect(2);
    await runOk(['ip', 'address', 'del', '10.5.0.1/32', 'dev', 'lo']);
  });

  test('serves an address from the moment it has it, when told to bind it before', async () => {
    for (const address of ['10.3.0.1', 'fd00:3::1']) {
      expect(() => new LoopbackServer([{ address }])).toThrowError(expect.objectContaining({ code: 'EADDRNOTAVAIL' }));
      const serving = new LoopbackServer([{ address, freebind: true }]);
      serving.publisher.publish(localTime());
      await addAddress(address);
      try {
        const asking = await openClient(address.includes(':') ? '::1' : '127.0.0.1');
        await asking.send(request(), serving.ports[0] as number, address);
        await eventually('a request', () => serving.turn() === 1 || undefined, 5000);
        await asking.expect(1);
        expect(asking.received[0]?.address).toBe(address);
      } finally {
        serving.close();
        await runOk(['ip', 'address', 'del', address, 'dev', 'lo']);
      }
    }
  });

  test('leads each IPv6 client to one worker, whatever its port, also after a worker was replaced', async () => {
    const serving = await openPool({ listeners: [{ address: '::1', port: 0 }] });
    const before = new Map<string, number>();
    for (const address of CLIENTS6) before.set(address, await workerOf(serving, address, '::1'));
    expect(new Set(before.values())).toEqual(new Set([0, 1]));
    const [first] = CLIENTS6 as [string];
    for (let port = 0; port < 20; port++) expect(await workerOf(serving, first, '::1')).toBe(before.get(first));
    await serving.terminateWorker(0);
    await serving.ready();
    for (const address of CLIENTS6) expect(await workerOf(serving, address, '::1')).toBe(before.get(address));
  });

  test('answers on a link-local address, by the wildcard and by a listener of its own', async ({ skip }) => {
    const link = ['ip', 'link', 'add', 'near', 'type', 'veth', 'peer', 'name', 'far'];
    const made = await run(link);
    if (made.status !== 0) {
      console.warn(`SKIPPED: this kernel has no veth: ${made.stderr}`);
      skip();
    }
    for (const name of ['near', 'far']) {
      await runOk(['ip', 'link', 'set', name, 'addrgenmode', 'none', 'up']);
      const address = `fe80::${name === 'near' ? 1 : 2}/64`;
      await runOk(['ip', 'address', 'add', address, 'dev', name, 'nodad']);
    }
    const serving = await openPool({
      listeners: [
        { address: '::', port: 0 },
        { address: 'fe80::1', port: 0, interface: 'near' },
      ],
    });
    const asking = await openClient('::');
    for (const [i, { port }] of serving.listeners.entries()) {
      await asking.send(request(), port, 'fe80::1%near');
      await asking.expect(i + 1);
      expect(asking.received[i]?.address).toBe('fe80::1%near');
    }
    expect(() => new LoopbackServer([{ address: 'fe80::1' }])).toThrowError(
      expect.objectContaining({ code: 'EINVAL' }),
    );
    await runOk(['ip', 'link', 'del', 'near']);
  });
});
