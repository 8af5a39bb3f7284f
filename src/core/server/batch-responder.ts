import { macStart } from '../../protocol/extension-field.ts';
import { HEADER_OCTETS, MODE_SERVER, ORG, REC, XMT } from '../../protocol/header.ts';
import { KEY_ID_OCTETS } from '../../protocol/mac.ts';
import { DROP_BAD_MAC, DROP_NO_TIME, DROP_REASONS, DROP_UNKNOWN_KEY } from './drop-reason.ts';
import type { Gate } from './gate.ts';
import { type InterleavedStore, namesReceiveStamp, ownerOf } from './interleaved.ts';
import type { ListenerPolicy } from './listener-policy.ts';
import { COPY_MONO_NANOSECONDS, COPY_MONO_SECONDS, COPY_TX_REPORTS, PAGE_EPOCH, PAGE_SLEW_EPOCH } from './page.ts';
import { admit, kissInPlace, replyInPlace, WITH_MAC } from './respond.ts';
import { ServedHeader } from './served-header.ts';
import {
  REPLY_REPORT_TX,
  REPLY_SEAL_MAC,
  REPLY_XMT_GIVEN,
  SLOT_LENGTH,
  SLOT_LISTENER,
  SLOT_REPLY_FLAGS,
  SLOT_REPLY_LENGTH,
  SLOT_RX_FRACTION,
  SLOT_RX_SECONDS,
  SLOT_SEAL_KEY,
  SLOT_START,
  SLOT_TX_COOKIE,
  SLOT_WORDS,
  TX_REPORT_COOKIE,
  TX_REPORT_FRACTION,
  TX_REPORT_SECONDS,
  TX_REPORT_SOURCE,
  TX_REPORT_WORDS,
} from './slot.ts';
import { SMEAR_LINEAR, SMEAR_NONE, SMEAR_SLEW } from './smear.ts';
import { toStandingUnits } from './standing.ts';
import { MAC_UNKNOWN_KEY, type MacPort } from './symmetric-key.ts';
import type { TopTalkers } from './top-talkers.ts';

/** Counters that a responder adds to: answers by version, then what was done, then drops as DROP_REASONS has them. */
export const VERSIONS = 8;
export const COUNT_VERSIONS = 0;
export const COUNT_INTERLEAVED = 8;
export const COUNT_AUTHENTICATED = 9;
export const COUNT_KISSES = 10;
export const COUNT_LEAKED = 11;
export const COUNT_DROPS = 12;
export const RESPONDER_COUNTERS: number = COUNT_DROPS + DROP_REASONS.length;

/** Memory that a responder works on; it outlives the responder and is owned by whoever receives the packets. */
export interface PacketMemory {
  /** The packets; `table` says where each starts. */
  readonly packets: DataView;
  /** SLOT_WORDS words per slot. */
  readonly table: Int32Array;
  /** The worker's copy of the time page, COPY_WORDS words. */
  readonly copy: DataView;
  /** The transmit report, TX_REPORT_WORDS words per row. */
  readonly txReport: Int32Array;
  /** RESPONDER_COUNTERS doubles, single writer. */
  readonly counters: Float64Array;
}

/** A worker's tables; null where no listener asks for what they do. */
export interface ResponderTables {
  readonly gate: Gate | null;
  readonly store: InterleavedStore | null;
  readonly talkers: TopTalkers | null;
  /** Which worker this is, as its receive stamps say it, and in how many bits. */
  readonly workerIndex: number;
  readonly workerBits: number;
}

const NO_TABLES: ResponderTables = { gate: null, store: null, talkers: null, workerIndex: 0, workerBits: 0 };
const PLAIN = 0;
/** There are lists or limits. */
const JUDGED = 1;
const SMEARED = 2;
const WORD = 4;
const NATIVE = true; // the copy is native endian, and both platforms are little

/** Answers batches of requests in place. No clock, no socket; nothing is allocated after construction. */
export class BatchResponder {
  readonly served: ServedHeader = new ServedHeader();
  /** The same as smeared listeners show it, by SMEAR_*; refreshed while there are such listeners. */
  private readonly smeared: readonly ServedHeader[] = [this.served, new ServedHeader(), new ServedHeader()];
  private smears = false;
  /** Whether a listener has limits. */
  private limits = false;
  private readonly packets: DataView;
  private readonly table: Int32Array;
  private readonly copy: DataView;
  private readonly txReport: Int32Array;
  private readonly counters: Float64Array;
  private readonly gate: Gate | null;
  private readonly store: InterleavedStore | null;
  private readonly talkers: TopTalkers | null;
  private readonly workerIndex: number;
  private readonly workerMask: number;
  private policies: readonly ListenerPolicy[] = [];
  /** What basic requests need, by listener: PLAIN, JUDGED or SMEARED. */
  private needs: Uint8Array = new Uint8Array(0);
  private macs: MacPort | null = null;
  private monoSeconds = 0;
  private epoch = 0;
  private octets = 0;

  /** @param policies - by listener index; every index that occurs in the table has one. */
  constructor(memory: PacketMemory, policies: readonly ListenerPolicy[], tables: ResponderTables = NO_TABLES) {
    this.packets = memory.packets;
    this.table = memory.table;
    this.copy = memory.copy;
    this.txReport = memory.txReport;
    this.counters = memory.counters;
    this.gate = tables.gate;
    this.store = tables.store;
    this.talkers = tables.talkers;
    this.workerIndex = tables.workerIndex;
    this.workerMask = 2 ** tables.workerBits - 1;
    this.install(policies, null);
  }

  /** Takes new policies and keys into use, between two batches. */
  install(policies: readonly ListenerPolicy[], macs: MacPort | null): void {
    this.policies = policies;
    this.needs = Uint8Array.from(policies, ({ access, limits, smear }) => {
      if (smear !== SMEAR_NONE) return SMEARED;
      return this.gate === null || (access === null && limits === null) ? PLAIN : JUDGED;
    });
    this.smears = policies.some((policy) => policy.smear !== SMEAR_NONE);
    this.limits = policies.some((policy) => policy.limits !== null);
    this.gate?.expect(policies);
    this.macs = macs;
  }

  /**
   * Answers the first `received` slots: sets each one's reply length, 0 for none, and counts. What most requests need
   * stands in this loop alone, so that it is compiled as one piece (bench/micro/encoder.ts).
   */
  answer(received: number): void {
    const { packets, table, policies, needs, served, store } = this;
    this.refresh();
    if (this.limits) this.gate?.begin(table, received);
    const rowEnd = received * SLOT_WORDS;
    for (let row = 0; row < rowEnd; row += SLOT_WORDS) {
      const at = table[row + SLOT_START] as number;
      const listener = table[row + SLOT_LISTENER] as number;
      const policy = policies[listener] as ListenerPolicy;
      const version = (packets.getUint8(at) >> 3) & 7;
      let octets = 0;
      let reason = admit(packets, table, row, policy);
      if (reason >= 0) {
        const need = needs[listener] as number;
        if (
          need === SMEARED ||
          !served.usable ||
          reason >= WITH_MAC ||
          (store !== null && (packets.getUint8(at + ORG + 7) & 1) !== 0)
        ) {
          this.octets = 0;
          reason = this.answerWithCare(row, version, reason, policy);
          octets = this.octets;
        } else {
          const refused = need === PLAIN ? 0 : this.refuse(row, policy);
          octets = refused === 0 ? replyInPlace(packets, table, row, served, reason) : this.octets;
          reason = refused;
        }
      }
      table[row + SLOT_REPLY_LENGTH] = octets;
      const counter = reason === 0 ? COUNT_VERSIONS + version : COUNT_DROPS - 1 - reason;
      this.count(counter);
    }
    if (this.talkers !== null) this.talkers.note(packets, table, received, this.monoSeconds);
  }

  /** What is alike for the whole batch; and the transmit stamps that have come since the last one. */
  private refresh(): void {
    const { copy, store, txReport } = this;
    this.served.refresh(copy);
    if (this.smears) {
      (this.smeared[SMEAR_LINEAR] as ServedHeader).refresh(copy, SMEAR_LINEAR);
      (this.smeared[SMEAR_SLEW] as ServedHeader).refresh(copy, SMEAR_SLEW);
    }
    if (this.gate !== null || this.talkers !== null) {
      this.monoSeconds = copy.getInt32(COPY_MONO_SECONDS * WORD, NATIVE);
      if (this.gate !== null) {
        this.gate.time.set(this.monoSeconds, copy.getInt32(COPY_MONO_NANOSECONDS * WORD, NATIVE));
        this.gate.standingUnit = toStandingUnits(this.monoSeconds);
      }
    }
    if (store === null) return;
    this.epoch = copy.getInt32(PAGE_EPOCH * WORD, NATIVE) + copy.getInt32(PAGE_SLEW_EPOCH * WORD, NATIVE);
    const reportEnd = copy.getInt32(COPY_TX_REPORTS * WORD, NATIVE) * TX_REPORT_WORDS;
    for (let at = 0; at < reportEnd; at += TX_REPORT_WORDS) {
      store.complete(
        txReport[at + TX_REPORT_COOKIE] as number,
        txReport[at + TX_REPORT_SECONDS] as number,
        txReport[at + TX_REPORT_FRACTION] as number,
        txReport[at + TX_REPORT_SOURCE] as number,
      );
    }
  }

  /**
   * Answers an admitted request that a list, a limit, a MAC or interleaved mode may concern. Leaves the reply's length
   * in `octets`; returns 0, or a DROP_* code (with a kiss or a crypto-NAK there may be a reply all the same).
   */
  private answerWithCare(row: number, version: number, admitted: number, policy: ListenerPolicy): number {
    if (!this.served.usable) return DROP_NO_TIME;
    const refused = this.refuse(row, policy);
    if (refused !== 0) return refused;
    const mode = admitted & ~WITH_MAC;
    if (admitted !== mode) return this.answerAuthenticated(row, version, mode, policy);
    this.octets = this.reply(row, version, mode, policy);
    return 0;
  }

  /** Whether the listener's lists or limits refuse a request: 0, or a DROP_* code, and the octets of a kiss in `octets`. */
  private refuse(row: number, policy: ListenerPolicy): number {
    const { gate } = this;
    if (gate === null || (policy.access === null && policy.limits === null)) return 0;
    const refused = gate.judge(this.table, row, policy);
    if (refused !== 0) {
      this.octets = 0;
      if (gate.kiss !== 0) {
        this.octets = kissInPlace(this.packets, this.table, row, gate.kiss);
        this.count(COUNT_KISSES);
      }
    } else if (gate.leaked) {
      this.count(COUNT_LEAKED);
    }
    return refused;
  }

  /** A request with a MAC gets its reply sealed with the same key, or none (RFC 5905 §7.3). */
  private answerAuthenticated(row: number, version: number, mode: number, policy: ListenerPolicy): number {
    const { packets, table, macs } = this;
    const at = table[row + SLOT_START] as number;
    const end = at + (table[row + SLOT_LENGTH] as number);
    const slot = macs === null ? MAC_UNKNOWN_KEY : macs.verify(at, macStart(packets, at, end, version), end, version);
    if (macs === null || slot < 0) {
      if (policy.cryptoNak) {
        replyInPlace(packets, table, row, this.smeared[policy.smear] as ServedHeader, mode);
        packets.setInt32(at + HEADER_OCTETS, 0);
        this.octets = HEADER_OCTETS + KEY_ID_OCTETS;
      }
      return slot === MAC_UNKNOWN_KEY ? DROP_UNKNOWN_KEY : DROP_BAD_MAC;
    }
    const octets = this.reply(row, version, mode, policy);
    table[row + SLOT_REPLY_FLAGS] = (table[row + SLOT_REPLY_FLAGS] as number) | REPLY_SEAL_MAC;
    table[row + SLOT_SEAL_KEY] = slot;
    this.octets = octets + macs.macOctets(slot, version);
    this.count(COUNT_AUTHENTICATED);
    return 0;
  }

  private reply(row: number, version: number, mode: number, policy: ListenerPolicy): number {
    const { packets, table, store, gate } = this;
    const served = this.smeared[policy.smear] as ServedHeader;
    const at = table[row + SLOT_START] as number;
    const mayInterleave = version === 4 && mode === MODE_SERVER && policy.interleaved;
    if (!mayInterleave || store === null || gate === null || !namesReceiveStamp(packets, at)) {
      return replyInPlace(packets, table, row, served, mode);
    }
    const slot = (row / SLOT_WORDS) | 0;
    const owner = ownerOf(gate.hostHash(table, slot), this.epoch);
    const askedSeconds = packets.getInt32(at + ORG);
    const askedFraction = packets.getInt32(at + ORG + 4);
    // Another worker's stamp is none of ours: with steering by flow a client may come to meet us next.
    const ours = ((askedFraction >> 1) & this.workerMask) === this.workerIndex;
    let flags = REPLY_REPORT_TX;
    if (ours && store.take(askedSeconds, askedFraction, owner)) {
      const recSeconds = packets.getInt32(at + REC);
      const recFraction = packets.getInt32(at + REC + 4);
      replyInPlace(packets, table, row, served, mode);
      packets.setInt32(at + ORG, recSeconds);
      packets.setInt32(at + ORG + 4, recFraction);
      packets.setInt32(at + XMT, store.txSeconds);
      packets.setInt32(at + XMT + 4, store.txFraction);
      flags |= REPLY_XMT_GIVEN;
      this.count(COUNT_INTERLEAVED);
    } else {
      replyInPlace(packets, table, row, served, mode);
    }
    table[row + SLOT_REPLY_FLAGS] = flags;
    table[row + SLOT_TX_COOKIE] = store.remember(
      table[row + SLOT_RX_SECONDS] as number,
      table[row + SLOT_RX_FRACTION] as number,
      owner,
    );
    return HEADER_OCTETS;
  }

  /**
   * A function of its own: the compiler may come to enter the loop above in its middle, with the first request of each
   * batch interpreted, and would then put what it adds on the heap.
   */
  private count(counter: number): void {
    this.counters[counter] = (this.counters[counter] as number) + 1;
  }
}
