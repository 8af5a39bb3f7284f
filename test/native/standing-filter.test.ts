/** The socket filter that sheds unknown clients in overload, before real sockets. */
import { afterEach, expect, test } from 'vitest';
import { KeyedHash } from '../../src/core/server/keyed-hash.ts';
import { LABEL_IPV4, LABEL_IPV6_SUBNET } from '../../src/core/server/rate-limit.ts';
import { Standing } from '../../src/core/server/standing.ts';
import {
  STANDING_ADMIT_BEFORE,
  STANDING_ADMITTED,
  STANDING_NOW,
  STANDING_QUIET_UNITS_MAX,
  STANDING_ROW_WORDS,
  STANDING_SHARE,
  STANDING_SHED,
} from '../../src/core/server/standing-rows.ts';
import { closeSocket } from '../../src/native/packet-socket.ts';
import {
  attachSocketFilter,
  createStandingMap,
  detachSocketFilter,
  loadStandingFilter,
  mapStanding,
} from '../../src/native/standing-filter.ts';
import { LoopbackClient, LoopbackServer, localTime } from '../support/loopback-server.ts';
import { request } from '../support/requests.ts';
import { describeWith } from '../support/requirement.ts';

const SETS = 64;
const WORKERS = 2;
const HASH_KEY = [0x0123_4567, -0x1234_5678] as const;
const LABELS = { labelV4: LABEL_IPV4, labelV6: LABEL_IPV6_SUBNET };
const IPV4_CLIENT = '127.0.3.7';
const IPV4_WORD = 0x7f00_0307;
const EVERYONE = 0x1_0000;

const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

/** A map, and the filter of the second worker before the socket of a server that answers on this thread. */
function filtered(address: string) {
  const map = createStandingMap(SETS + WORKERS);
  const words = mapStanding(map, SETS + WORKERS);
  const row = words.subarray((SETS + 1) * STANDING_ROW_WORDS);
  const program = loadStandingFilter({ map, sets: SETS, worker: 1, hashKey: HASH_KEY, ...LABELS });
  const server = new LoopbackServer([{ address }], { standing: row });
  closing.push(() => server.close());
  server.publisher.publish(localTime());
  const [port] = server.ports as [number];
  const [fd] = server.descriptors as [number];
  attachSocketFilter(fd, program);
  closeSocket(program); // the socket keeps it
  closeSocket(map); // the mapping does
  const standing = new Standing(words.subarray(0, SETS * STANDING_ROW_WORDS));
  return { row, server, port, fd, standing };
}

async function client(address: string): Promise<LoopbackClient> {
  const made = await LoopbackClient.open(address);
  closing.push(() => made.close());
  return made;
}

function hashOf(a: number, b: number, label: number): KeyedHash {
  const hash = new KeyedHash(HASH_KEY);
  hash.compute(a, b, label);
  return hash;
}

await describeWith({ root: true }, 'the standing filter', () => {
  test('keeps out whom the map does not know, and counts them apart from kernel drops', async () => {
    const { row, server, port } = filtered('127.0.0.1');
    const stranger = await client('127.0.3.8');
    for (let i = 0; i < 20; i++) await stranger.send(request(), port);
    expect(server.turn()).toBe(0);
    row[STANDING_SHARE] = EVERYONE;
    await stranger.send(request(), port);
    expect(server.turn()).toBe(1);
    await stranger.expect(1);
    expect(row[STANDING_SHED]).toBe(20);
    expect(row[STANDING_ADMITTED]).toBe(1);
    expect(server.counters()).toMatchObject({ shed: 20, kernelDrops: 0, answered: 1 });
  });

  test('lets in an IPv4 client that was there before, twice and lately', async () => {
    const { row, server, port, standing } = filtered('127.0.0.1');
    const known = await client(IPV4_CLIENT);
    const ask = async (): Promise<number> => {
      await known.send(request(), port);
      return server.turn();
    };
    const { low, high } = hashOf(0, IPV4_WORD, LABEL_IPV4);
    row[STANDING_NOW] = 1010;
    row[STANDING_ADMIT_BEFORE] = 1005;
    standing.note(low, high, 1000);
    expect(await ask()).toBe(0); // seen once
    standing.note(low, high, 1003);
    expect(await ask()).toBe(1);
    row[STANDING_ADMIT_BEFORE] = 999;
    expect(await ask()).toBe(0); // not there for long enough
    row[STANDING_ADMIT_BEFORE] = 1000;
    expect(await ask()).toBe(1);
    row[STANDING_NOW] = 1010 + STANDING_QUIET_UNITS_MAX + 1;
    expect(await ask()).toBe(0); // quiet for too long
    row[STANDING_NOW] = 1010;
    standing.forfeit(low, high, 1009);
    expect(await ask()).toBe(0);
  });

  test('keeps who may enter in good standing, by itself and for as long as it asks', async () => {
    const { row, server, port, standing } = filtered('127.0.0.1');
    const known = await client(IPV4_CLIENT);
    const { low, high } = hashOf(0, IPV4_WORD, LABEL_IPV4);
    standing.note(low, high, 0xff00);
    standing.note(low, high, 0xff01);
    row[STANDING_ADMIT_BEFORE] = 0xff00;
    for (let asked = 1; asked <= 3; asked++) {
      row[STANDING_NOW] = (0xff01 + asked * STANDING_QUIET_UNITS_MAX) & 0xffff; // the units wrap
      await known.send(request(), port);
      expect(server.turn()).toBe(1);
    }
  });

  test('knows an IPv6 client by its subnet', async () => {
    const { row, server, port, standing } = filtered('::1');
    const known = await client('::1');
    const { low, high } = hashOf(0, 0, LABEL_IPV6_SUBNET);
    row[STANDING_NOW] = 2;
    row[STANDING_ADMIT_BEFORE] = 1;
    await known.send(request(), port, '::1');
    expect(server.turn()).toBe(0);
    standing.note(low, high, 0xffff); // the units wrap
    standing.note(low, high, 2);
    await known.send(request(), port, '::1');
    expect(server.turn()).toBe(1);
  });

  test('agrees with the hash of the packet path about any address', async () => {
    const { row, server, port, standing } = filtered('127.0.0.1');
    row[STANDING_NOW] = 2;
    row[STANDING_ADMIT_BEFORE] = 1;
    for (let i = 0; i < 40; i++) {
      const { low, high } = hashOf(0, 0x7f01_0000 + 251 * i + 1, LABEL_IPV4);
      standing.note(low, high, 0);
      standing.note(low, high, 2);
    }
    for (let i = 0; i < 40; i++) {
      const host = 251 * i + 1;
      const known = await client(`127.1.${host >> 8}.${host & 255}`);
      await known.send(request(), port);
    }
    expect(server.turn()).toBe(40);
  });

  test('lets in the share of the others that it is told', async () => {
    const { row, server, port } = filtered('127.0.0.1');
    row[STANDING_SHARE] = EVERYONE / 4;
    const stranger = await client('127.0.3.8');
    let entered = 0;
    for (let turn = 0; turn < 80; turn++) {
      for (let i = 0; i < 50; i++) await stranger.send(request(), port);
      entered += server.turn();
    }
    // 4000 draws: 1000 ± 27, here within seven times that.
    expect(entered).toBeGreaterThan(800);
    expect(entered).toBeLessThan(1200);
    expect((row[STANDING_SHED] as number) + (row[STANDING_ADMITTED] as number)).toBe(4000);
  });

  test('goes when it is told to, and is not missed where there is none', async () => {
    const { server, port, fd } = filtered('127.0.0.1');
    detachSocketFilter(fd);
    detachSocketFilter(fd);
    const stranger = await client('127.0.3.8');
    await stranger.send(request(), port);
    expect(server.turn()).toBe(1);
  });
});
