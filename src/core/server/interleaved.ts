import { ORG, REC, XMT } from '../../protocol/header.ts';

/**
 * The server's memory for interleaved mode (RFC 9769): for each reply to a client that uses the mode, its receive
 * stamp and, once known, its true transmit stamp, which the client's next request fetches by naming the receive stamp.
 *
 * A ring in the order of the replies, so that every reply is remembered for exactly `capacity` further ones, with a
 * hashed index of chains into it. Links are sequence numbers, not places: one that points to a reply that was since
 * overwritten shows it by its distance, so nothing is ever deleted and nothing has to be searched. 24 octets a reply.
 *
 * Receive stamps end in 1 and transmit stamps in 0, as chrony's do: a client in basic mode echoes a transmit stamp
 * or zero and never costs a place here.
 */

const ENTRY_WORDS = 5;
const ENTRY_RX_SECONDS = 0;
const ENTRY_RX_FRACTION = 1;
/** Transmit less receive stamp, in units of the fraction, unsigned. */
const ENTRY_DELTA = 2;
/** source (2 bits), known (1), zeros, epoch (8 bits from 8 on), address tag (16 bits from 16 on). */
const ENTRY_META = 3;
/** Sequence number of the next older reply with the same hash. */
const ENTRY_NEXT = 4;

const META_SOURCE = 0x3;
const META_KNOWN = 0x4;
const META_OWNER = ~0xff;

/** Links followed at most; twice what chains of an index as large as the ring ever reach. */
const CHAIN_MAX = 24;

/** Replies remembered by default, per worker: 104 s at 20,000 interleaved replies a second. */
export const INTERLEAVED_CAPACITY_LOG2 = 21;
export const INTERLEAVED_OCTETS: number = (ENTRY_WORDS + 1) * 4;

/** How long a reply is remembered at a steady rate of interleaved replies per second. */
export function interleavedLifetimeSeconds(capacityLog2: number, repliesPerSecond: number): number {
  return 2 ** capacityLog2 / repliesPerSecond;
}

/**
 * Whether a mode-3 request of version 4 may be an interleaved one: its origin is a receive stamp of ours, by its last
 * bit, and its receive and transmit stamps differ (RFC 9769 §2).
 */
export function namesReceiveStamp(packets: DataView, at: number): boolean {
  return (
    (packets.getUint8(at + ORG + 7) & 1) === 1 &&
    (packets.getInt32(at + REC + 4) !== packets.getInt32(at + XMT + 4) ||
      packets.getInt32(at + REC) !== packets.getInt32(at + XMT))
  );
}

/** One worker's store. Single-threaded; allocates only when constructed. */
export class InterleavedStore {
  /** The stamp that the last successful `take` found, as signed words, and where it was taken (STAMP_*). */
  txSeconds = 0;
  txFraction = 0;
  txSource = 0;
  private readonly entries: Int32Array;
  private readonly heads: Int32Array;
  private readonly capacity: number;
  private readonly shift: number;
  private readonly seed: number;
  /** Sequence number of the next reply; starts so far ahead that every zero in the index is too old. */
  private next: number;

  /**
   * @param capacityLog2 - replies remembered, as a power of two, 4–26.
   * @param seed - any number nobody else knows; the hash depends on it.
   */
  constructor(capacityLog2: number, seed: number) {
    this.capacity = 2 ** capacityLog2;
    this.entries = new Int32Array(new ArrayBuffer(this.capacity * ENTRY_WORDS * 4));
    this.heads = new Int32Array(new ArrayBuffer(this.capacity * 4));
    this.shift = 32 - capacityLog2;
    this.seed = seed | 0;
    this.next = this.capacity;
  }

  /** What it keeps its replies in. */
  get memory(): readonly ArrayBufferLike[] {
    return [this.entries.buffer, this.heads.buffer];
  }

  /**
   * Remembers a reply whose transmit stamp is to follow.
   *
   * @param owner - tag of the client's address (16 bits) and epoch (8 bits), see {@link ownerOf}.
   * @returns the cookie that `complete` wants with the stamp.
   */
  remember(rxSeconds: number, rxFraction: number, owner: number): number {
    const sequence = this.next;
    this.next = (sequence + 1) | 0;
    const head = this.hash(rxSeconds, rxFraction);
    const at = (sequence & (this.capacity - 1)) * ENTRY_WORDS;
    const { entries, heads } = this;
    entries[at + ENTRY_RX_SECONDS] = rxSeconds;
    entries[at + ENTRY_RX_FRACTION] = rxFraction;
    entries[at + ENTRY_DELTA] = 0;
    entries[at + ENTRY_META] = owner & META_OWNER;
    entries[at + ENTRY_NEXT] = heads[head] as number;
    heads[head] = sequence;
    return sequence;
  }

  /**
   * Adds the transmit stamp, on the clock that the receive stamp was read from. One that is not after the receive stamp
   * or a second or more after it is not believed; the reply then stays without.
   */
  complete(cookie: number, txSeconds: number, txFraction: number, source: number): void {
    if ((this.next - cookie) >>> 0 > this.capacity) return;
    const { entries } = this;
    const at = (cookie & (this.capacity - 1)) * ENTRY_WORDS;
    const rxFraction = entries[at + ENTRY_RX_FRACTION] as number;
    const seconds = (txSeconds - (entries[at + ENTRY_RX_SECONDS] as number)) | 0;
    const later = txFraction >>> 0 > rxFraction >>> 0;
    if (later ? seconds !== 0 : seconds !== 1 || txFraction === rxFraction) return;
    entries[at + ENTRY_DELTA] = (txFraction - rxFraction) | 0;
    entries[at + ENTRY_META] =
      ((entries[at + ENTRY_META] as number) & META_OWNER) | META_KNOWN | (source & META_SOURCE);
  }

  /**
   * Finds the reply with this receive stamp, given to this owner, and takes it out: it answers one request. The stamp
   * is then in `txSeconds`, `txFraction` and `txSource`.
   *
   * @returns false when it is unknown, forgotten, taken before, another client's, from before a step of the clock, or
   *   still without a transmit stamp: the request gets a basic reply.
   */
  take(rxSeconds: number, rxFraction: number, owner: number): boolean {
    const { entries, capacity } = this;
    let sequence = this.heads[this.hash(rxSeconds, rxFraction)] as number;
    for (let links = 0; links < CHAIN_MAX && (this.next - sequence - 1) >>> 0 < capacity; links++) {
      const at = (sequence & (capacity - 1)) * ENTRY_WORDS;
      if (
        (entries[at + ENTRY_RX_FRACTION] as number) === rxFraction &&
        (entries[at + ENTRY_RX_SECONDS] as number) === rxSeconds
      ) {
        const meta = entries[at + ENTRY_META] as number;
        if ((meta & META_KNOWN) === 0 || (meta & META_OWNER) !== (owner & META_OWNER)) return false;
        entries[at + ENTRY_META] = meta & ~META_KNOWN;
        const fraction = (rxFraction + (entries[at + ENTRY_DELTA] as number)) | 0;
        this.txFraction = fraction & ~1;
        this.txSeconds = fraction >>> 0 < rxFraction >>> 0 ? (rxSeconds + 1) | 0 : rxSeconds;
        this.txSource = meta & META_SOURCE;
        return true;
      }
      sequence = entries[at + ENTRY_NEXT] as number;
    }
    return false;
  }

  private hash(rxSeconds: number, rxFraction: number): number {
    let h = Math.imul(rxFraction ^ this.seed, 0x9e37_79b1);
    h = Math.imul((h ^ (h >>> 15)) + rxSeconds, 0x85eb_ca77);
    return (h ^ (h >>> 13)) >>> this.shift;
  }
}

/** The owner of a remembered reply: a keyed hash of the client's address (its upper 16 bits count) and the epoch. */
export function ownerOf(addressHash: number, epoch: number): number {
  return (addressHash & 0xffff_0000) | ((epoch & 0xff) << 8);
}
