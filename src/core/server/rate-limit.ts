import { BUCKET_OVER, BucketTable, type BucketTime, type Limit, limitOf, NO_LIMIT } from './bucket-table.ts';
import { prefixMask } from './ip-prefix.ts';
import type { KeyedHash } from './keyed-hash.ts';

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

/** One worker's decisions. Allocates only when constructed. */
export class RateLimiter {
  private readonly own: BucketTable;
  private readonly shared: BucketTable;
  private readonly hash: KeyedHash;
  private random: number;

  /**
   * @param own - words of a table of this worker's own.
   * @param shared - words of the table that all workers share.
   * @param time - what counts as now; set by the caller.
   * @param hash - with a key that all workers share, too.
   * @param seed - any number, for the choice of which requests leak.
   */
  constructor(own: Int32Array, shared: Int32Array, time: BucketTime, hash: KeyedHash, seed: number) {
    this.own = new BucketTable(own, time);
    this.shared = new BucketTable(shared, time);
    this.hash = hash;
    this.random = seed | 1;
  }

  /**
   * Decides on a request from an address (four words as the packet table has them) and charges for it.
   *
   * @param low - the hash of its IPv4 address (LABEL_IPV4) or IPv6 subnet of 64 bits (LABEL_IPV6_SUBNET).
   * @returns RATE_WITHIN, RATE_LEAKED, RATE_OVER or RATE_KISS.
   */
  decide(a: number, b: number, d: number, ipv4: boolean, low: number, high: number, limits: RateLimits): number {
    const { hash } = this;
    let table = limits.ipv4AddressShared ? this.shared : this.own;
    let limit = limits.ipv4Address;
    let keyLow = low;
    let keyHigh = high;
    if (!ipv4) {
      table = this.shared;
      limit = limits.ipv6Subnet;
      if (limits.ipv6SubnetLength !== 64) {
        hash.compute(
          a & prefixMask(limits.ipv6SubnetLength, 0),
          b & prefixMask(limits.ipv6SubnetLength, 1),
          LABEL_IPV6_SUBNET,
        );
        keyLow = hash.low;
        keyHigh = hash.high;
      }
    }
    let over = limit.costUnits > 0 && table.pay(keyLow, keyHigh, limit) === BUCKET_OVER;
    if (!over) {
      table = this.shared;
      limit = ipv4 ? limits.ipv4Prefix : limits.ipv6Prefix;
      if (limit.costUnits === 0) return RATE_WITHIN;
      if (ipv4) {
        hash.compute(0, d & prefixMask(limits.ipv4PrefixLength, 0), LABEL_IPV4_PREFIX);
      } else {
        hash.compute(
          a & prefixMask(limits.ipv6PrefixLength, 0),
          b & prefixMask(limits.ipv6PrefixLength, 1),
          LABEL_IPV6_PREFIX,
        );
      }
      keyLow = hash.low;
      keyHigh = hash.high;
      over = table.pay(keyLow, keyHigh, limit) === BUCKET_OVER;
      if (!over) return RATE_WITHIN;
    }
    if (this.oneIn(limits.leakLog2) && table.leak(keyLow, keyHigh, limit)) return RATE_LEAKED;
    return this.oneIn(limits.kissLog2) ? RATE_KISS : RATE_OVER;
  }

  /** True once in 2^log2 on average; never for a negative one. xorshift32: which requests leak need not be secret. */
  private oneIn(log2: number): boolean {
    if (log2 < 0) return false;
    let x = this.random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.random = x;
    return x >>> (32 - log2) === 0 || log2 === 0;
  }
}
