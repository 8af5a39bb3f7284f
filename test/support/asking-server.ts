import * as page from '../../src/core/server/page.ts';
import * as slot from '../../src/core/server/slot.ts';
import type { PacketPathOptions } from '../../src/native/packet-path.ts';
import { LoopbackClient, LoopbackServer, localTime } from './loopback-server.ts';
import { request } from './requests.ts';

/** Packets of a full batch. */
export const BATCH = 4;
/** Batches that make overload one that lasts, and some more for what has to be learned first. */
const BATCHES_MAX = 20_000;

/** What was told of the transmit stamp of a reply. */
export interface Told {
  readonly source: number;
  readonly seconds: number;
  /** T3 of the same reply. */
  readonly t3Seconds: number;
}

/** A server whose every reply asks to be told its transmit stamp, by the cookie of its number. */
export class AskingServer {
  readonly serving: LoopbackServer;
  readonly told: Told[] = [];
  /** Who asks. */
  client: LoopbackClient;
  private readonly t3: number[] = [];
  private replies = 0;

  private constructor(options: Partial<PacketPathOptions>, client: LoopbackClient) {
    this.serving = new LoopbackServer([{}], { capacity: BATCH, ...options });
    this.serving.publisher.publish(localTime());
    this.client = client;
  }

  static async open(options: Partial<PacketPathOptions>): Promise<AskingServer> {
    return new AskingServer(options, await LoopbackClient.open());
  }

  close(): void {
    this.serving.close();
    this.client.close();
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
