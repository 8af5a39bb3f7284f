import { refidFromName } from '../../protocol/refid.ts';
import { ACCESS_DENY, ACCESS_SERVE, decideAccess } from './access.ts';
import { BUCKET_PAID, BucketTable, BucketTime, bucketTableWords, limitOf } from './bucket-table.ts';
import { DROP_ACCESS_DENIED, DROP_RATE_LIMITED } from './drop-reason.ts';
import { KeyedHash } from './keyed-hash.ts';
import type { ListenerPolicy } from './listener-policy.ts';
import {
  ADDRESS_BUCKETS,
  LABEL_IPV4,
  LABEL_IPV6_HOST,
  LABEL_IPV6_SUBNET,
  PREFIX_BUCKETS,
  RATE_KISS,
  RATE_LEAKED,
  RATE_WITHIN,
  RateLimiter,
} from './rate-limit.ts';
import { SLOT_ADDRESS, SLOT_WORDS } from './slot.ts';
import type { Standing } from './standing.ts';

const KISS_DENY = refidFromName('DENY') | 0;
const KISS_RATE = refidFromName('RATE') | 0;
/** Kisses that all workers send at most: they must not become a stream of their own. */
const KISS_LIMIT = limitOf(64, 64);

const MAPPED_WORD = 0xffff;
const IPV4_LOOPBACK = 127;

/** What the workers share for their gates. */
export interface GateShared {
  /** Key of the hash of addresses: two secret words. */
  readonly hashKey: readonly [number, number];
  /** Memory of {@link gateSharedOctets}, zero at first: the table of prefixes, then that of the kisses. */
  readonly buckets: SharedArrayBuffer;
}

const KISS_WORDS = bucketTableWords(1);

/** Octets that gates share. @param prefixBuckets - size of the table of prefixes. */
export function gateSharedOctets(prefixBuckets: number = PREFIX_BUCKETS): number {
  return 4 * (bucketTableWords(prefixBuckets) + KISS_WORDS);
}

/** Decides on a request by its source alone: lists first, then rates. One per worker. */
export class Gate {
  /** After `judge`: the code of the kiss to send for a refused request, 0 for silence. */
  kiss = 0;
  /** After `judge` of an admitted request: whether it was over its limit and let through all the same. */
  leaked = false;
  /** By slot, where its source was hashed: the two words of the hash of the source's IPv4 address or IPv6 subnet. */
  readonly sourceLow: Int32Array;
  readonly sourceHigh: Int32Array;
  /** By slot: whether the batch's `begin` chose to look at its source. */
  private readonly looked: Uint8Array;
  /** What `judge` takes as the present: monotonic time, to be set once per batch; and the same as `toStandingUnits` has it. */
  readonly time: BucketTime = new BucketTime();
  standingUnit = 0;
  /** Set while the queue is long: nothing over a limit is let through then. */
  overloaded = false;
  /** So that what `begin` reads is not for nothing. */
  protected fetched = 0;
  /** Its own memory, beside what is shared. */
  readonly memory: readonly ArrayBufferLike[];
  private readonly hash: KeyedHash;
  private readonly limiter: RateLimiter;
  private readonly standing: Standing | null;
  private readonly kisses: BucketTable;

  /**
   * @param slots - rows of the packet table.
   * @param seed - any number, different for each worker.
   * @param standing - where it is kept who stays within the limits; null where nobody asks.
   */
  constructor(shared: GateShared, slots: number, seed: number, standing: Standing | null = null) {
    this.sourceLow = new Int32Array(slots);
    this.sourceHigh = new Int32Array(slots);
    this.looked = new Uint8Array(slots);
    this.standing = standing;
    this.hash = new KeyedHash(shared.hashKey);
    const prefixWords = shared.buckets.byteLength / 4 - KISS_WORDS;
    this.kisses = new BucketTable(new Int32Array(shared.buckets, 4 * prefixWords), this.time);
    const addresses = new ArrayBuffer(4 * bucketTableWords(ADDRESS_BUCKETS));
    this.memory = [addresses];
    this.limiter = new RateLimiter(
      new Int32Array(addresses),
      new Int32Array(shared.buckets, 0, prefixWords),
      this.time,
      this.hash,
      slots,
      seed,
    );
  }

  /** Says which policies `judge` will be asked about. */
  expect(policies: readonly ListenerPolicy[]): void {
    this.limiter.expect(policies.flatMap(({ limits }) => (limits === null ? [] : [limits])));
    this.looked.fill(0);
  }

  /**
   * Begins a batch of so many slots. Chooses whose source is looked at, which is all of them unless the worker must save
   * (RateLimiter); hashes these, and has what is known of them at hand: in a loop of its own the processor waits for many
   * reads at once, and `judge` for none (bench/micro/rate-limit.ts).
   */
  begin(table: Int32Array, received: number): void {
    const { limiter, standing, looked, sourceLow } = this;
    limiter.begin(table, received);
    for (let slot = 0; slot < received; slot++) {
      const looks = limiter.looksAt(slot);
      looked[slot] = looks ? 1 : 0;
      if (looks) this.hashSource(table, slot);
    }
    let fetched = 0;
    for (let slot = 0; slot < received; slot++) {
      if (looked[slot] === 0) continue;
      const low = sourceLow[slot] as number;
      fetched ^= limiter.fetch((table[slot * SLOT_WORDS + SLOT_ADDRESS] as number) === 0, low);
      if (standing !== null) fetched ^= standing.fetch(low);
    }
    this.fetched = fetched;
  }

  private hashSource(table: Int32Array, slot: number): void {
    const { hash } = this;
    const at = slot * SLOT_WORDS + SLOT_ADDRESS;
    const a = table[at] as number;
    const b = table[at + 1] as number;
    const ipv4 = a === 0 && b === 0 && (table[at + 2] as number) === MAPPED_WORD;
    hash.compute(a, ipv4 ? (table[at + 3] as number) : b, ipv4 ? LABEL_IPV4 : LABEL_IPV6_SUBNET);
    this.sourceLow[slot] = hash.low;
    this.sourceHigh[slot] = hash.high;
  }

  /** 32 bits of a keyed hash of the whole source address of a slot. */
  hostHash(table: Int32Array, slot: number): number {
    if (this.looked[slot] === 0) this.hashSource(table, slot);
    const at = slot * SLOT_WORDS + SLOT_ADDRESS;
    const low = this.sourceLow[slot] as number;
    const high = this.sourceHigh[slot] as number;
    if ((table[at] as number) === 0) return high;
    this.hash.compute(low ^ (table[at + 2] as number), high ^ (table[at + 3] as number), LABEL_IPV6_HOST);
    return this.hash.high;
  }

  /**
   * Judges the request in `row`: by the lists, and if its source is looked at, by its limits. Only then does it count for
   * good standing, too: in a worker that must save it takes more requests to come to stand, and who stands is kept there
   * by the socket filter, which sees all of theirs.
   *
   * @returns 0 to answer it, else a DROP_* code; `kiss` and `leaked` say more.
   */
  judge(table: Int32Array, row: number, policy: ListenerPolicy): number {
    const a = table[row + SLOT_ADDRESS] as number;
    const b = table[row + SLOT_ADDRESS + 1] as number;
    const c = table[row + SLOT_ADDRESS + 2] as number;
    const d = table[row + SLOT_ADDRESS + 3] as number;
    this.kiss = 0;
    this.leaked = false;
    if (policy.access !== null) {
      const action = decideAccess(policy.access, a, b, c, d);
      if (action !== ACCESS_SERVE) {
        if (action === ACCESS_DENY) this.affordKiss(KISS_DENY);
        return DROP_ACCESS_DENIED;
      }
    }
    const slot = (row / SLOT_WORDS) | 0;
    if (policy.limits === null || this.looked[slot] === 0) return 0;
    const ipv4 = a === 0 && b === 0 && c === MAPPED_WORD;
    const loopback = ipv4 ? d >>> 24 === IPV4_LOOPBACK : a === 0 && b === 0 && c === 0 && d === 1;
    const { standing } = this;
    const low = this.sourceLow[slot] as number;
    const high = this.sourceHigh[slot] as number;
    const rate = loopback ? RATE_WITHIN : this.limiter.decide(slot, a, b, d, ipv4, low, high, policy.limits);
    if (rate === RATE_WITHIN) {
      if (standing !== null) standing.note(low, high, this.standingUnit);
      return 0;
    }
    if (standing !== null) standing.forfeit(low, high, this.standingUnit);
    this.leaked = rate === RATE_LEAKED && !this.overloaded;
    if (this.leaked) return 0;
    if (rate === RATE_KISS) this.affordKiss(KISS_RATE);
    return DROP_RATE_LIMITED;
  }

  private affordKiss(code: number): void {
    if (this.kisses.pay(0, 0, KISS_LIMIT) === BUCKET_PAID) this.kiss = code;
  }
}
