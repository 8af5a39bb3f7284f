import { afterEach, expect, test } from 'vitest';
import * as page from '../../src/core/server/page.ts';
import * as slot from '../../src/core/server/slot.ts';
import type { PacketPathOptions } from '../../src/native/packet-path.ts';
import { LoopbackClient, LoopbackServer, localTime } from '../support/loopback-server.ts';
import { request } from '../support/requests.ts';

const BATCH = 4;
/** Batches that make overload one that lasts, and some more for what has to be learned first. */
const BATCHES_MAX = 20_000;
/** The fuzz below the precision of the page, and what half a double's NTP seconds are off. */
const SAME_SECONDS = 0.5e-6;

interface Told {
  readonly source: number;
  readonly seconds: number;
  /** T3 of the same reply. */
  readonly t3Seconds: number;
}

const open: { close(): void }[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

/** A server whose every reply asks to be told its transmit stamp, by the cookie of its number. */
class AskingServer {
  readonly serving: LoopbackServer;
  readonly told: Told[] = [];
  private readonly client: LoopbackClient;
  private readonly t3: number[] = [];
  private replies = 0;

  private constructor(options: Partial<PacketPathOptions>, client: LoopbackClient) {
    this.serving = new LoopbackServer([{}], { capacity: BATCH, ...options });
    this.serving.publisher.publish(localTime());
    this.client = client;
    open.push(this.serving, client);
  }

  static async open(options: Partial<PacketPathOptions>): Promise<AskingServer> {
    return new AskingServer(options, await LoopbackClient.open());
  }

  /** One turn of the serve loop with `packets` in the queue: those of the turn before are answered in it. */
  async turn(packets: number): Promise<void> {
    const { path, responder, ports, publisher } = this.serving;
    const { table, copy, txReport } = path;
    for (let i = 0; i < packets; i++) await this.client.send(request(), ports[0] as number);
    publisher.publish(localTime());
    const sent = this.replies;
    this.replies = path.exchange(sent);
    this.noteT3(sent);
    for (let i = 0; i < copy.getInt32(page.COPY_TX_REPORTS * 4, true); i++) {
      const at = i * slot.TX_REPORT_WORDS;
      this.told.push({
        source: txReport[at + slot.TX_REPORT_SOURCE] as number,
        seconds: ntp(txReport, at + slot.TX_REPORT_SECONDS),
        t3Seconds: this.t3[txReport[at + slot.TX_REPORT_COOKIE] as number] as number,
      });
    }
    responder.answer(this.replies);
    for (let i = 0; i < this.replies; i++) {
      table[i * slot.SLOT_WORDS + slot.SLOT_REPLY_FLAGS] = slot.REPLY_REPORT_TX;
      table[i * slot.SLOT_WORDS + slot.SLOT_TX_COOKIE] = this.t3.length + i;
    }
  }

  /** Sends what is answered without waiting for more. */
  flush(): void {
    this.serving.path.flush(this.replies);
    this.noteT3(this.replies);
    this.replies = 0;
  }

  /** Receiving leaves the two words of the table alone where T3 stands. */
  private noteT3(sent: number): void {
    const { table } = this.serving.path;
    for (let i = 0; i < sent; i++) this.t3.push(ntp(table, i * slot.SLOT_WORDS + slot.SLOT_TX_SECONDS));
  }

  /** Keeps every batch full until the last `count` reports came from `source`; false when that does not happen. */
  async overload(source: number, count: number): Promise<boolean> {
    for (let batch = 0; batch < BATCHES_MAX; batch++) {
      await this.turn(BATCH);
      if (this.told.length >= count && this.told.slice(-count).every((told) => told.source === source)) return true;
    }
    return false;
  }
}

function ntp(words: Int32Array, at: number): number {
  return ((words[at] as number) >>> 0) + ((words[at + 1] as number) >>> 0) / 2 ** 32;
}

test('in overload that lasts the daemon’s stamps stand in for the kernel’s, and afterwards the kernel’s are back', async () => {
  const server = await AskingServer.open({});
  expect(await server.overload(slot.STAMP_DAEMON, 2 * BATCH)).toBe(true);
  const spared = server.told.filter(({ source }) => source === slot.STAMP_DAEMON);
  for (const { seconds, t3Seconds } of spared) expect(Math.abs(seconds - t3Seconds)).toBeLessThan(SAME_SECONDS);
  expect(server.told.some(({ source }) => source === slot.STAMP_KERNEL)).toBe(true);

  for (let i = 0; i < 16; i++) await server.turn(1);
  const before = server.told.length;
  for (let i = 0; i < 16; i++) await server.turn(1);
  const after = server.told.slice(before);
  expect(after.length).toBeGreaterThan(0);
  expect(after.every(({ source }) => source === slot.STAMP_KERNEL)).toBe(true);

  const counters = server.serving.counters();
  expect(counters.txKeptDaemon).toBe(server.told.filter(({ source }) => source === slot.STAMP_DAEMON).length);
  expect(counters.txKeptDaemon + counters.txKeptKernel).toBe(server.told.length);
  expect(counters.txStampsLost).toBe(0);
});

test('where transmit stamps are not corrected, every one is asked for in overload, too', async () => {
  const server = await AskingServer.open({ correctTransmit: false });
  for (let batch = 0; batch < 1000; batch++) await server.turn(BATCH);
  expect(server.told.length).toBeGreaterThan(900 * BATCH);
  expect(server.told.every(({ source }) => source === slot.STAMP_KERNEL)).toBe(true);
});

test('what is told while sending without waiting is not lost', async () => {
  const server = await AskingServer.open({});
  expect(await server.overload(slot.STAMP_DAEMON, 2 * BATCH)).toBe(true);
  const before = server.told.length;
  server.flush();
  await server.turn(1);
  expect(server.told.length - before).toBe(BATCH);
});
