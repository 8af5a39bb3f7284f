import { afterEach, beforeAll, expect, test } from 'vitest';
import { LoopbackServer, localTime } from '../support/loopback-server.ts';
import { describeInOwnNetwork } from '../support/own-network.ts';
import { request } from '../support/requests.ts';
import { runOk } from '../support/run.ts';
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

  test('serves an address from the moment it has it, when told to bind it before', async () => {
    for (const address of ['10.3.0.1', 'fd00:3::1']) {
      expect(() => new LoopbackServer([{ address }])).toThrowError(expect.objectContaining({ code: 'EADDRNOTAVAIL' }));
      const serving = new LoopbackServer([{ address, freebind: true }]);
      serving.publisher.publish(localTime());
      await addAddress(address);
      try {
        const asking = await openClient(address.includes(':') ? '::1' : '127.0.0.1');
        await asking.send(request(), serving.ports[0] as number, address);
        expect(serving.turn()).toBe(1);
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
});
