import { BatchResponder, RESPONDER_COUNTERS, type ResponderTables } from '../../src/core/server/batch-responder.ts';
import { DEFAULT_POLICY, type ListenerPolicy } from '../../src/core/server/listener-policy.ts';
import * as page from '../../src/core/server/page.ts';
import * as slot from '../../src/core/server/slot.ts';
import { SLOT_OCTETS } from '../../src/native/packet-path.ts';

/** What a test says about a packet's row; the rest has ordinary values. */
export type RowWords = Partial<Record<'port' | 'ageUs' | 'flags' | 'rxFraction' | 'ipv4', number>>;

/** A responder over arrays: what the addon does with sockets, done by hand. */
export class ResponderBench {
  readonly packets: DataView;
  readonly octets: Uint8Array;
  readonly table: Int32Array;
  readonly copy: DataView = new DataView(new ArrayBuffer(page.COPY_WORDS * 4));
  readonly txReport: Int32Array = new Int32Array(64 * slot.TX_REPORT_WORDS);
  readonly counters: Float64Array = new Float64Array(RESPONDER_COUNTERS);
  readonly responder: BatchResponder;

  constructor(slots: number, policy: ListenerPolicy = DEFAULT_POLICY, tables?: ResponderTables) {
    this.octets = new Uint8Array(slots * SLOT_OCTETS);
    this.packets = new DataView(this.octets.buffer);
    this.table = new Int32Array(slots * slot.SLOT_WORDS);
    for (let i = 0; i < slots; i++) this.table[i * slot.SLOT_WORDS + slot.SLOT_START] = i * SLOT_OCTETS;
    this.responder = new BatchResponder(this, [policy], tables);
    this.setCopy(page.COPY_STATE, page.COPY_FRESH);
    this.setCopy(page.COPY_PRECISION_FLOOR, -32);
    this.setCopy(page.PAGE_STRATUM, 2);
    this.setCopy(page.PAGE_PRECISION, -24);
  }

  setCopy(word: number, value: number): void {
    this.copy.setInt32(word * 4, value, true);
  }

  /** Reports a transmit stamp, as the next exchange would. */
  reportTransmit(cookie: number, seconds: number, fraction: number, source: number = slot.STAMP_KERNEL): void {
    this.txReport.set([cookie, seconds, fraction, source]);
    this.setCopy(page.COPY_TX_REPORTS, 1);
  }

  setCopyDouble(word: number, value: number): void {
    this.copy.setFloat64(word * 4, value, true);
  }

  /** Puts a packet into a slot as if it had just been received. */
  place(index: number, packet: Uint8Array, row: RowWords = {}): void {
    const at = index * slot.SLOT_WORDS;
    const kept = packet.subarray(0, SLOT_OCTETS);
    this.octets.set(kept, index * SLOT_OCTETS);
    this.table[at + slot.SLOT_LENGTH] = kept.length;
    this.table[at + slot.SLOT_FLAGS] = (row.flags ?? 0) | (packet.length > SLOT_OCTETS ? slot.SLOT_TRUNCATED : 0);
    this.table[at + slot.SLOT_PORT] = row.port ?? 40_000;
    this.table[at + slot.SLOT_AGE_US] = row.ageUs ?? 50;
    this.table[at + slot.SLOT_RX_SECONDS] = 0xeeb0_0000 | 0;
    this.table[at + slot.SLOT_RX_FRACTION] = row.rxFraction ?? 0x8000_0001 | 0;
    this.table[at + slot.SLOT_REPLY_FLAGS] = 0;
    this.table[at + slot.SLOT_ADDRESS] = 0;
    this.table[at + slot.SLOT_ADDRESS + 1] = 0;
    this.table[at + slot.SLOT_ADDRESS + 2] = 0xffff;
    this.table[at + slot.SLOT_ADDRESS + 3] = row.ipv4 ?? 0xc000_0201 | 0;
  }

  /** The reply to one packet, or null when it was dropped. */
  answer(packet: Uint8Array, row: RowWords = {}): Uint8Array | null {
    this.place(0, packet, row);
    this.responder.answer(1);
    this.setCopy(page.COPY_TX_REPORTS, 0);
    const length = this.table[slot.SLOT_REPLY_LENGTH] as number;
    return length === 0 ? null : this.octets.slice(0, length);
  }
}

/** A request: first octet from version and mode, the transmit stamp recognisable, `trailer` octets behind it. */
export function request(version = 4, mode = 3, trailer: ArrayLike<number> = []): Uint8Array {
  const packet = new Uint8Array(48 + trailer.length);
  packet[0] = (version << 3) | mode;
  packet[2] = 6;
  for (let i = 0; i < 8; i++) packet[40 + i] = 0xa0 + i;
  packet.set(Array.from(trailer), 48);
  return packet;
}

/** An extension field of `length` octets, header included. */
export function field(type: number, length: number): number[] {
  const octets = new Array<number>(length).fill(0);
  octets[0] = type >> 8;
  octets[1] = type & 0xff;
  octets[2] = length >> 8;
  octets[3] = length & 0xff;
  return octets;
}
