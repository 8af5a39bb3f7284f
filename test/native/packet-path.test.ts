import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import * as page from '../../src/core/server/page.ts';
import * as slot from '../../src/core/server/slot.ts';
import { ClientSockets, type ClientStamp } from '../../src/native/client-socket.ts';
import { LocalTimescale } from '../../src/native/local-timescale.ts';
import { adjustSocket, type Timestamping } from '../../src/native/packet-socket.ts';
import { LoopbackClient, LoopbackServer, localTime, ntpSeconds } from '../support/loopback-server.ts';
import { request } from '../support/requests.ts';
import { answerAsking } from '../support/transmit-reports.ts';

const NTP_UNIX_SECONDS = 2_208_988_800;
const open: { close(): void }[] = [];

function server(...args: ConstructorParameters<typeof LoopbackServer>): LoopbackServer {
  const made = new LoopbackServer(...args);
  open.push(made);
  return made;
}

async function client(address?: string, port?: number): Promise<LoopbackClient> {
  const made = await LoopbackClient.open(address, port);
  open.push(made);
  return made;
}

// The kernel switches receive stamps on a little after the first socket asks for them, and off with the last: one
// stays open, and the tests begin when it has met a stamped packet.
let stamping: LoopbackServer;
beforeAll(async () => {
  stamping = new LoopbackServer();
  const asking = await LoopbackClient.open();
  for (let sent = 1; ; sent++) {
    const before = stamping.counters().unstamped;
    await asking.send(request(), stamping.ports[0] as number);
    while (stamping.counters().received < sent) stamping.turn();
    if (stamping.counters().unstamped === before) break;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  asking.close();
});
afterAll(() => stamping.close());

afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

function nowNtpSeconds(): number {
  return (performance.timeOrigin + performance.now()) / 1000 + NTP_UNIX_SECONDS;
}

test('T2 is the moment of arrival and T3 the moment of sending, however long the answer takes', async () => {
  const serving = server();
  const asking = await client();
  serving.publisher.publish(localTime());
  const sentAt = nowNtpSeconds();
  await asking.send(request(), serving.ports[0] as number);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(serving.turn()).toBe(1);
  await asking.expect(1);
  const reply = (asking.received[0] as { octets: Uint8Array }).octets;
  const rec = ntpSeconds(reply, 32);
  const xmt = ntpSeconds(reply, 40);
  expect(rec - sentAt).toBeGreaterThan(-0.005);
  expect(rec - sentAt).toBeLessThan(0.25);
  expect(xmt - rec).toBeGreaterThan(0.29);
});

test('a receive stamp ends in 1, a transmit stamp in 0, and none comes twice', async () => {
  const serving = server();
  const asking = await client();
  serving.publisher.publish(localTime());
  const stamps = new Set<string>();
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < 32; i++) await asking.send(request(), serving.ports[0] as number);
    while (asking.received.length < 32 * (round + 1)) {
      serving.turn();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  for (const { octets } of asking.received) {
    expect((octets[39] as number) & 1).toBe(1);
    expect((octets[47] as number) & 1).toBe(0);
    expect(ntpSeconds(octets, 40)).toBeGreaterThanOrEqual(ntpSeconds(octets, 32));
    stamps.add(Buffer.from(octets.subarray(32, 40)).toString('hex'));
  }
  expect(stamps.size).toBe(asking.received.length);
});

test('the worker stands in the bits above the lowest of a receive stamp', async () => {
  const serving = server([{}], { workerIndex: 5, workerBits: 3 });
  const asking = await client();
  serving.publisher.publish(localTime());
  await asking.send(request(), serving.ports[0] as number);
  serving.turn();
  await asking.expect(1);
  const rec = (asking.received[0] as { octets: Uint8Array }).octets[39] as number;
  expect(rec & 0b1111).toBe((5 << 1) | 1);
});

test('the served clock is the anchor and the rate of the page', async () => {
  const serving = server();
  const asking = await client();
  const time = localTime();
  serving.publisher.publish(time);
  // A clock 1000 s ahead that gains 10 %, anchored an hour ago: 360 s more by now.
  const hourNs = 3600n * 1_000_000_000n;
  const anchor = (BigInt(time.anchorMonoNsHigh) << 32n) + BigInt(time.anchorMonoNsLow >>> 0) - hourNs;
  time.anchorMonoNsLow = Number(BigInt.asIntN(32, anchor));
  time.anchorMonoNsHigh = Number(BigInt.asIntN(32, anchor >> 32n));
  time.anchorSeconds = time.anchorSeconds - 3600 + 1000;
  time.rate = 0.1;
  serving.page.publish(time);
  await asking.send(request(), serving.ports[0] as number);
  const sentAt = nowNtpSeconds();
  serving.turn();
  await asking.expect(1);
  const reply = (asking.received[0] as { octets: Uint8Array }).octets;
  expect(ntpSeconds(reply, 32) - sentAt).toBeCloseTo(1360, 1);
  expect(ntpSeconds(reply, 40) - sentAt).toBeCloseTo(1360, 1);
});

test('a backlog that waited 300 ms for a stalled worker is answered with offsets right within 10 µs', async () => {
  const serving = server();
  serving.publisher.publish(localTime());
  const sockets = new ClientSockets(new LocalTimescale());
  open.push({ close: () => sockets.dispose() });
  const offsets: number[] = [];
  const waits: number[] = [];
  for (let i = 0; i < 20; i++) {
    let sent: ClientStamp | null = null;
    const socket = sockets.open(
      { address: '127.0.0.1', port: serving.ports[0] as number },
      {
        onTransmitStamp: (stamp) => {
          sent = stamp;
        },
        onDatagram: (octets, received) => {
          if (sent?.source !== 'kernel' || received.source !== 'kernel') return;
          const rec = sinceSeconds(octets, 32, sent);
          const xmt = sinceSeconds(octets, 40, received);
          offsets.push((rec + xmt) / 2);
          waits.push(ntpSeconds(octets, 40) - ntpSeconds(octets, 32));
        },
        onError: (code) => expect.fail(code),
      },
    );
    socket.send(request());
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  const endMs = performance.now() + 5000;
  while (waits.length < 20 && performance.now() < endMs) {
    serving.turn();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  expect(waits.length).toBeGreaterThan(15);
  expect(Math.min(...waits)).toBeGreaterThan(0.29);
  // The median: a reply that the machine held up between its stamp and the wire is not the server's doing.
  const median = offsets.sort((a, b) => a - b)[offsets.length >> 1] as number;
  expect(Math.abs(median)).toBeLessThan(10e-6);
});

/** The NTP time at an octet offset less a stamp of CLOCK_REALTIME, seconds. */
function sinceSeconds(packet: Uint8Array, at: number, stamp: ClientStamp): number {
  const view = new DataView(packet.buffer, packet.byteOffset);
  return (
    view.getUint32(at) - NTP_UNIX_SECONDS - stamp.realSeconds + (view.getUint32(at + 4) / 2 ** 32 - stamp.realNs / 1e9)
  );
}

test('packets queued when the realtime clock was set get no answer, later ones do', async () => {
  const serving = server();
  const asking = await client();
  const time = localTime();
  serving.publisher.publish(time);
  await asking.send(request(), serving.ports[0] as number);
  serving.turn();
  await asking.expect(1);
  await asking.send(request(), serving.ports[0] as number);
  time.epoch++;
  serving.page.publish(time);
  expect(serving.turn()).toBe(1);
  expect(serving.counters().drops['clock-stepped']).toBe(1);
  expect(serving.turn()).toBe(0);
  await asking.send(request(), serving.ports[0] as number);
  serving.turn();
  await asking.expect(2);
});

test('so do all packets of a queue that was made larger while it was served', async () => {
  const serving = server([{ receiveBufferOctets: 8192 }]);
  const asking = await client();
  const time = localTime();
  serving.publisher.publish(time);
  adjustSocket(serving.descriptors[0] as number, { receiveBufferOctets: 1 << 20 });
  serving.reuseSockets();
  expect(serving.turn()).toBe(0);
  const queued = 400;
  for (let i = 0; i < queued; i++) await asking.send(request(), serving.ports[0] as number);
  time.epoch++;
  serving.page.publish(time);
  while (serving.turn() > 0);
  expect(serving.counters().received).toBe(queued);
  expect(serving.counters().drops['clock-stepped']).toBe(queued);
});

test('the first packet that comes after the realtime clock was set is answered', async () => {
  const serving = server();
  const asking = await client();
  const time = localTime();
  serving.publisher.publish(time);
  serving.turn();
  time.epoch++;
  serving.page.publish(time);
  expect(serving.turn()).toBe(0);
  await asking.send(request(), serving.ports[0] as number);
  expect(serving.turn()).toBe(1);
  expect(serving.counters().drops['clock-stepped']).toBe(0);
  await asking.expect(1);
});

test('a page whose mapping the clocks contradict is not served from, whatever its epoch says', async () => {
  const serving = server();
  const asking = await client();
  const time = localTime();
  serving.publisher.publish(time);
  time.mappingNsLow = (time.mappingNsLow + 50_000) | 0;
  serving.page.publish(time);
  await asking.send(request(), serving.ports[0] as number);
  expect(serving.turn()).toBe(1);
  expect(serving.counters().drops['clock-stepped']).toBe(1);
});

test('without a page nothing is answered, and a page being written keeps the last copy', async () => {
  const serving = server();
  const asking = await client();
  await asking.send(request(), serving.ports[0] as number);
  serving.turn();
  expect(serving.counters().drops['no-time']).toBe(1);
  serving.publisher.publish(localTime());
  serving.turn();
  Atomics.add(new Int32Array(serving.page.memory), page.PAGE_SEQUENCE, 1);
  await asking.send(request(), serving.ports[0] as number);
  serving.turn();
  await asking.expect(1);
  expect(serving.counters().pageFailures).toBeGreaterThan(1);
});

test('a wildcard socket answers from the address that was asked', async () => {
  const serving = server([{ address: '0.0.0.0' }, { address: '::' }]);
  serving.publisher.publish(localTime());
  const asking = await client('127.0.0.1');
  await asking.send(request(), serving.ports[0] as number, '127.0.0.7');
  const asking6 = await client('::1');
  await asking6.send(request(), serving.ports[1] as number, '::1');
  while (serving.counters().answered < 2) serving.turn();
  await asking.expect(1);
  await asking6.expect(1);
  expect(asking.received[0]?.address).toBe('127.0.0.7');
  expect(asking6.received[0]?.address).toBe('::1');
});

test('addresses, ports and listeners stand in the table', async () => {
  const serving = server([{ address: '127.0.0.1' }, { address: '::1' }]);
  serving.publisher.publish(localTime());
  const asking6 = await client('::1');
  await asking6.send(request(), serving.ports[1] as number, '::1');
  serving.turn();
  await asking6.expect(1);
  const row = Array.from(serving.path.table.subarray(slot.SLOT_ADDRESS, slot.SLOT_LISTENER + 1));
  expect(row.slice(0, 4)).toEqual([0, 0, 0, 1]);
  expect(row[5]).toBe(1);
  const asking = await client('127.0.0.1');
  await asking.send(request(), serving.ports[0] as number);
  serving.turn();
  await asking.expect(1);
  const row4 = Array.from(serving.path.table.subarray(slot.SLOT_ADDRESS, slot.SLOT_LISTENER + 1));
  expect(row4.slice(0, 4)).toEqual([0, 0, 0xffff, 0x7f00_0001]);
  expect(row4[5]).toBe(0);
});

test('what the kernel drops for want of room in the queue is counted', async () => {
  const serving = server([{ receiveBufferOctets: 4096 }]);
  const asking = await client();
  for (let i = 0; i < 100; i++) await asking.send(request(), serving.ports[0] as number);
  for (let turn = 0; turn < 3; turn++) serving.turn();
  const { received, kernelDrops } = serving.counters();
  expect(received).toBeGreaterThan(0);
  expect(kernelDrops).toBeGreaterThan(50);
  expect(received + kernelDrops).toBe(100);
});

test('a packet larger than a slot, an empty one and one from our own address are counted drops', async () => {
  const serving = server();
  serving.publisher.publish(localTime());
  const asking = await client();
  const port = serving.ports[0] as number;
  await asking.send(new Uint8Array(4096), port);
  await asking.send(new Uint8Array(0), port);
  while (serving.counters().received < 2) serving.turn();
  const { drops } = serving.counters();
  expect(drops.oversized).toBe(1);
  expect(drops.length).toBe(1);
  expect(asking.received).toHaveLength(0);
});

test('a reply length that no slot can hold is not sent, and the others are', async () => {
  const serving = server();
  serving.publisher.publish(localTime());
  const asking = await client();
  for (let i = 0; i < 6; i++) await asking.send(request(), serving.ports[0] as number);
  const received = serving.path.exchange(0);
  expect(received).toBe(6);
  serving.responder.answer(received);
  serving.path.table[2 * slot.SLOT_WORDS + slot.SLOT_REPLY_LENGTH] = 1 << 30;
  serving.path.flush(received);
  await asking.expect(5);
  expect(serving.counters().answered).toBe(5);
});

test.each([
  ['ids that we choose', true],
  ["the kernel's own count", false],
])('transmit stamps under %s are reported with their cookie when asked for', async (_, chosenIds) => {
  const serving = server([{}], { chosenIds });
  serving.publisher.publish(localTime());
  const asking = await client();
  // The first alone: its stamp tells where the kernel counts.
  for (const count of [1, 5]) {
    for (let i = 0; i < count; i++) await asking.send(request(), serving.ports[0] as number);
    const reports = await answerAsking(serving, asking, 1000);
    expect(reports.map(({ cookie }) => cookie)).toEqual(Array.from({ length: count }, (_, i) => 1000 + i));
    expect(new Set(reports.map(({ source }) => source))).toEqual(new Set([slot.STAMP_KERNEL]));
  }
  await asking.expect(6);
});

test('a listener without stamps asks for none, also after a reload that takes them away', async () => {
  const serving = server([{ timestamping: 'none' }]);
  serving.publisher.publish(localTime());
  const asking = await client();
  const sources = async (): Promise<number[]> => {
    for (let i = 0; i < 3; i++) await asking.send(request(), serving.ports[0] as number);
    return (await answerAsking(serving, asking, 1000)).map(({ source }) => source);
  };
  const without = [slot.STAMP_DAEMON, slot.STAMP_DAEMON, slot.STAMP_DAEMON];
  const change = (timestamping: Timestamping): void => {
    adjustSocket(serving.descriptors[0] as number, { timestamping });
    serving.reuseSockets();
  };
  expect(await sources()).toEqual(without);
  change('kernel');
  expect(await sources()).toEqual([slot.STAMP_KERNEL, slot.STAMP_KERNEL, slot.STAMP_KERNEL]);
  change('none');
  expect(await sources()).toEqual(without);
  expect(serving.counters()).toMatchObject({ txKeptDaemon: 6, txKeptKernel: 3, txStampsLost: 0 });
});

test('a given transmit stamp is sent as it stands', async () => {
  const serving = server();
  serving.publisher.publish(localTime());
  const asking = await client();
  await asking.send(request(), serving.ports[0] as number);
  const received = serving.path.exchange(0);
  serving.responder.answer(received);
  serving.path.table[slot.SLOT_REPLY_FLAGS] = slot.REPLY_XMT_GIVEN;
  serving.path.packets.setUint32((serving.path.table[slot.SLOT_START] as number) + 40, 0x1234_5678);
  serving.path.flush(received);
  await asking.expect(1);
  const reply = (asking.received[0] as { octets: Uint8Array }).octets;
  expect(new DataView(reply.buffer).getUint32(40)).toBe(0x1234_5678);
});

test('the wait ends within half a second without packets, and at once when woken', () => {
  const serving = server();
  serving.publisher.publish(localTime());
  let startMs = performance.now();
  expect(serving.path.exchange(0)).toBe(0);
  expect(performance.now() - startMs).toBeLessThan(5000);
  startMs = performance.now();
  expect(serving.turn()).toBe(0);
  expect(serving.counters().heartbeat).toBe(2);
});
