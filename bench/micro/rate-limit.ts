// What rate control costs per request: hash, the address's bucket and its prefix's; for clients that come back, for
// addresses never seen before, and for one that is over its limit. node --import tsx bench/micro/rate-limit.ts
import { BucketTime, bucketTableWords } from '../../src/core/server/bucket-table.ts';
import { KeyedHash } from '../../src/core/server/keyed-hash.ts';
import {
  ADDRESS_BUCKETS,
  DEFAULT_RATE_LIMITS,
  LABEL_IPV4,
  PREFIX_BUCKETS,
  RATE_WITHIN,
  RateLimiter,
} from '../../src/core/server/rate-limit.ts';

const REQUESTS = 3_000_000;
const PER_SECOND = 250_000;
const BATCH = 64;
const shared = new Int32Array(new SharedArrayBuffer(4 * bucketTableWords(PREFIX_BUCKETS)));
const kinds: Record<string, (i: number) => number> = {
  '10,000 clients that come back': (i) => Math.imul(i % 10_000, 0x9e37_79b1),
  'addresses never seen before': (i) => Math.imul(i, 0x9e37_79b1),
  'one client over its limit': () => 0x0a00_0001,
};
for (const [kind, address] of Object.entries(kinds)) {
  const hash = new KeyedHash([1, 2]);
  const time = new BucketTime();
  const limiter = new RateLimiter(new Int32Array(bucketTableWords(ADDRESS_BUCKETS)), shared, time, hash, 3);
  let within = 0;
  let bestNs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < REQUESTS; i++) {
      const d = address(i);
      hash.compute(0, d, LABEL_IPV4);
      if (i % BATCH === 0) time.set(1000 * round + i / PER_SECOND);
      if (limiter.decide(0, 0, d, true, hash.low, hash.high, DEFAULT_RATE_LIMITS) === RATE_WITHIN) within++;
    }
    bestNs = Math.min(bestNs, Number(process.hrtime.bigint() - start) / REQUESTS);
  }
  console.log(`${kind}: ${bestNs.toFixed(1)} ns, ${((20 * within) / REQUESTS).toFixed(2)} % within`);
}
