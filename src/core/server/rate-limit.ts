import { BUCKET_OVER, BucketTable, type BucketTime, type Limit, limitOf, NO_LIMIT } from './bucket-table.ts';
import { prefixMask } from './ip-prefix.ts';
import type { KeyedHash } from './keyed-hash.ts';
import { SourceSampling } from './source-sampling.ts';
import { Xorshift32 } from './xorshift.ts';

/**
 * How often clients may ask, of one listener. An IPv4 address has a bucket of its own in the worker that it always
 * meets; prefixes have theirs in a table that all workers share. An IPv6 client chooses its last 64 bits freely, so there
 * the subnet stands where the address stands in IPv4, and is shared as well.
 */
export interface RateLimits {
  readonly ipv4Address: Limit;
  /** Whether an IPv4 client may meet any worker (steering by flow): then its bucket is shared, too. */
  readonly ipv4AddressShared: boolean;
  readonly ipv4Prefix: Limit;
  readonly ipv4PrefixLength: number;
  readonly ipv6Subnet: Limit;
  readonly ipv6SubnetLength: number;
  readonly ipv6Prefix: Limit;
  readonly ipv6PrefixLength: number;
  /** One in 2^leakLog2 of the requests beyond the limit is answered, within one more limit; below 0: none. */
  readonly leakLog2: number;
  /** One in 2^kissLog2 of those not answered gets a RATE kiss, within the worker's budget; below 0: none. */
  readonly kissLog2: number;
}

/** Chosen so that the clients behind one translated address, or in one flat network, do not starve each other. */
export const DEFAULT_RATE_LIMITS: RateLimits = {
  ipv4Address: limitOf(32, 256),
  ipv4AddressShared: false,
  ipv4Prefix: limitOf(8192, 65_536),
  ipv4PrefixLength: 24,
  ipv6Subnet: limitOf(8192, 65_536),
  ipv6SubnetLength: 64,
  ipv6Prefix: limitOf(8192, 65_536),
  ipv6PrefixLength: 48,
  leakLog2: 2,
  kissLog2: -1,
};

export const NO_RATE_LIMITS: RateLimits = {
  ...DEFAULT_RATE_LIMITS,
  ipv4Address: NO_LIMIT,
  ipv4Prefix: NO_LIMIT,
  ipv6Subnet: NO_LIMIT,
  ipv6Prefix: NO_LIMIT,
};

/** Buckets of a worker's own table (1.5 MiB): twice what a flood of 1,000,000 addresses a second can keep in debt. */
export const ADDRESS_BUCKETS = 131_072;
/** Buckets of the table that all workers share (0.75 MiB). */
export const PREFIX_BUCKETS = 65_536;

export const RATE_WITHIN = 0;
/** Over the limit, and answered all the same. */
export const RATE_LEAKED = 1;
export const RATE_OVER = 2;
/** Over the limit, and to be told so with a kiss. */
export const RATE_KISS = 3;

// Labels of the hash. An address and the /32 around it are one key.
export const LABEL_IPV4 = 0;
export const LABEL_IPV6_SUBNET = 64;
const LABEL_IPV4_PREFIX = 1;
const LABEL_IPV6_PREFIX = 65;
export const LABEL_IPV6_HOST = 66;

/**
 * A wide bucket is charged by samples as long as nobody has half emptied one: one request in eight of a source pays for
 * all of them (SourceSampling). Once one is found so, each request pays for itself for WATCH_SECONDS. A worker that finds
 * BUSY_BATCH requests at once saves where it can and charges buckets from BUSY_SAMPLED_BURST_MIN on by samples, too. One
 * that has time to spare is exact about those (bench/micro/rate-limit.ts).
 */
const SAMPLED_BURST_MIN = 4096;
const BUSY_SAMPLED_BURST_MIN = 256;
const BUSY_BATCH = 32;
const WATCH_SECONDS = 16;

function holds(limit: Limit, burst: number): boolean {
  return limit.depthUnits >= limit.costUnits * burst;
}

/** One worker's decisions. Allocates only when constructed. */
export class RateLimiter {
  private readonly own: BucketTable;
  private readonly shared: BucketTable;
  private readonly time: BucketTime;
  private readonly hash: KeyedHash;
  private readonly random: Xorshift32;
  /** What an idle worker charges by samples and what a busy one does are different buckets: each has its accounts. */
  private readonly samplings: readonly [idle: SourceSampling, busy: SourceSampling];
  private shares: Uint8Array;
  private watchUntilSeconds = 0;
  private busy = false;
  /** Whether a limit is too narrow to be charged by samples at any time. */
  private narrow = false;

  /**
   * @param own - words of a table of this worker's own.
   * @param shared - words of the table that all workers share.
   * @param time - the present; set by the caller.
   * @param hash - with a key that all workers share, too.
   * @param slots - rows of the packet table.
   * @param seed - any number, for the choice of which requests pay and leak.
   */
  constructor(own: Int32Array, shared: Int32Array, time: BucketTime, hash: KeyedHash, slots: number, seed: number) {
    this.own = new BucketTable(own, time);
    this.shared = new BucketTable(shared, time);
    this.time = time;
    this.hash = hash;
    this.random = new Xorshift32(seed);
    this.samplings = [new SourceSampling(slots, this.random.next()), new SourceSampling(slots, this.random.next())];
    this.shares = this.samplings[0].shares;
  }

  /** Begins a batch: the first `received` rows of the packet table. */
  begin(table: Int32Array, received: number): void {
    this.busy = received >= BUSY_BATCH;
    const sampling = this.busy ? this.samplings[1] : this.samplings[0];
    this.shares = sampling.shares;
    if (this.time.seconds < this.watchUntilSeconds) sampling.shares.fill(1, 0, received);
    else sampling.choose(table, received);
  }

  /** Says what limits `decide` will be asked about, so that `looksAt` can tell. */
  expect(limits: readonly RateLimits[]): void {
    this.narrow = limits.some(
      ({ ipv4Address, ipv6Subnet }) =>
        !holds(ipv4Address, BUSY_SAMPLED_BURST_MIN) || !holds(ipv6Subnet, BUSY_SAMPLED_BURST_MIN),
    );
  }

  /** Whether `decide` may find the request in a slot over a limit: in a busy worker those of a sample that pay. */
  looksAt(slot: number): boolean {
    return !this.busy || this.narrow || (this.shares[slot] as number) > 0;
  }

  /** Has the bucket of an address at hand for `decide`; for a batch of addresses one after the other. */
  fetch(ipv4: boolean, low: number): number {
    return ipv4 ? this.own.fetch(low) : this.shared.fetch(low);
  }

  /**
   * Decides on a request from an address (four words as the packet table has them) and charges for it.
   *
   * @param slot - its place in the batch.
   * @param low - the hash of its IPv4 address (LABEL_IPV4) or IPv6 subnet of 64 bits (LABEL_IPV6_SUBNET).
   * @returns RATE_WITHIN, RATE_LEAKED, RATE_OVER or RATE_KISS.
   */
  decide(
    slot: number,
    a: number,
    b: number,
    d: number,
    ipv4: boolean,
    low: number,
    high: number,
    limits: RateLimits,
  ): number {
    const { hash, shared } = this;
    const share = this.shares[slot] as number;
    let leaked = false;
    let limit = ipv4 ? limits.ipv4Address : limits.ipv6Subnet;
    let requests = this.toCharge(limit, share);
    if (requests > 0) {
      let keyLow = low;
      let keyHigh = high;
      if (!ipv4 && limits.ipv6SubnetLength !== 64) {
        this.hashIpv6(a, b, limits.ipv6SubnetLength, LABEL_IPV6_SUBNET);
        keyLow = hash.low;
        keyHigh = hash.high;
      }
      const table = limits.ipv4AddressShared || !ipv4 ? shared : this.own;
      if (this.isOver(table, keyLow, keyHigh, limit, requests)) {
        leaked = this.oneIn(limits.leakLog2) && table.leak(keyLow, keyHigh, limit);
        if (!leaked) return this.refuse(limits);
      }
    }
    // What leaks past the address counts for its prefix, or a prefix of many would get as many leaks.
    limit = ipv4 ? limits.ipv4Prefix : limits.ipv6Prefix;
    requests = this.toCharge(limit, share);
    if (requests > 0) {
      if (ipv4) {
        hash.compute(0, d & prefixMask(limits.ipv4PrefixLength, 0), LABEL_IPV4_PREFIX);
      } else {
        this.hashIpv6(a, b, limits.ipv6PrefixLength, LABEL_IPV6_PREFIX);
      }
      if (this.isOver(shared, hash.low, hash.high, limit, requests)) {
        leaked = (leaked || this.oneIn(limits.leakLog2)) && shared.leak(hash.low, hash.high, limit);
        if (!leaked) return this.refuse(limits);
      }
    }
    return leaked ? RATE_LEAKED : RATE_WITHIN;
  }

  private refuse(limits: RateLimits): number {
    return this.oneIn(limits.kissLog2) ? RATE_KISS : RATE_OVER;
  }

  private isSampled(limit: Limit): boolean {
    return holds(limit, this.busy ? BUSY_SAMPLED_BURST_MIN : SAMPLED_BURST_MIN);
  }

  private toCharge(limit: Limit, share: number): number {
    if (limit.costUnits === 0) return 0;
    return this.isSampled(limit) ? share : 1;
  }

  private isOver(table: BucketTable, low: number, high: number, limit: Limit, requests: number): boolean {
    const over = table.pay(low, high, limit, requests) === BUCKET_OVER;
    // Also where nothing is sampled now: the next batch may be one of a busy worker, which would pass most of it unseen.
    if (holds(limit, BUSY_SAMPLED_BURST_MIN) && table.debtUnits > limit.depthUnits >> 1)
      this.watchUntilSeconds = this.time.seconds + WATCH_SECONDS;
    return over;
  }

  private hashIpv6(a: number, b: number, length: number, label: number): void {
    this.hash.compute(a & prefixMask(length, 0), b & prefixMask(length, 1), label);
  }

  /** True once in 2^log2 on average; never for a negative one. */
  private oneIn(log2: number): boolean {
    return log2 === 0 || (log2 > 0 && this.random.next() >>> (32 - log2) === 0);
  }
}
