import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  BUCKET_OVER,
  BUCKET_PAID,
  BucketTable,
  BucketTime,
  bucketTableWords,
  type Limit,
  limitOf,
  UNITS_PER_SECOND,
} from '../../src/core/server/bucket-table.ts';

/** A token bucket and its leak as they are defined, with times that do not wrap. */
class ExactBucket {
  private fullAt = 0;
  private leakAt = 0;

  pay(units: number, { costUnits, depthUnits }: Limit): number {
    const debt = Math.max(0, this.fullAt - units);
    if (debt + costUnits > depthUnits) return BUCKET_OVER;
    this.fullAt = units + debt + costUnits;
    return BUCKET_PAID;
  }

  leak(units: number, { costUnits }: Limit): boolean {
    if (this.leakAt > units) return false;
    this.leakAt = units + costUnits;
    return true;
  }
}

const KEYS = 7;
const pause = fc.oneof(
  { weight: 6, arbitrary: fc.nat(UNITS_PER_SECOND / 8) },
  { weight: 2, arbitrary: fc.nat(64 * UNITS_PER_SECOND) },
  { weight: 1, arbitrary: fc.nat(10_000 * UNITS_PER_SECOND) },
);
/** So many requests of one key, one after the other, with so many units between them, after a pause. */
const burst = fc.record({
  pause,
  key: fc.nat(KEYS - 1),
  requests: fc.integer({ min: 1, max: 300 }),
  every: fc.oneof(fc.nat(2000), fc.nat(UNITS_PER_SECOND)),
});
const limit = fc
  .record({ costUnits: fc.integer({ min: 1, max: 2 ** 22 }), burst: fc.integer({ min: 1, max: 256 }) })
  .filter(({ costUnits, burst }) => costUnits * burst <= 2 ** 29)
  .map(({ costUnits, burst }): Limit => ({ costUnits, depthUnits: costUnits * burst }));

test('a table decides as exact token buckets do, from any uptime on and over pauses of hours', () => {
  fc.assert(
    fc.property(
      fc.nat(10_000_000),
      fc.constantFrom(limitOf(32, 256), limitOf(8192, 65_536), limitOf(0.5, 256)),
      limit,
      fc.boolean(),
      fc.array(burst, { minLength: 1, maxLength: 30 }),
      (uptimeSeconds, usual, unusual, isUsual, bursts) => {
        const chosen = isUsual ? usual : unusual;
        const time = new BucketTime();
        // Two threads that share a table: whose turn it is makes no difference.
        const words = new Int32Array(new SharedArrayBuffer(4 * bucketTableWords(KEYS)));
        const tables = [new BucketTable(words, time), new BucketTable(words, time)];
        const alone = new BucketTable(new Int32Array(bucketTableWords(KEYS)), time);
        const exact = Array.from({ length: KEYS }, () => new ExactBucket());
        let units = uptimeSeconds * UNITS_PER_SECOND;
        let turn = 0;
        for (const { pause, key, requests, every } of bursts) {
          units += pause;
          for (let i = 0; i < requests; i++, units += every) {
            time.set(units / UNITS_PER_SECOND);
            const shared = tables[turn++ % 2] as BucketTable;
            const bucket = exact[key] as ExactBucket;
            const expected = bucket.pay(units, chosen);
            const tag = key << 8;
            if (shared.pay(0, tag, chosen) !== expected || alone.pay(0, tag, chosen) !== expected) {
              expect.fail(`request ${i} of key ${key} at ${units / UNITS_PER_SECOND} s: expected ${expected}`);
            }
            if (expected !== BUCKET_OVER) continue;
            const leaks = bucket.leak(units, chosen);
            expect([shared.leak(0, tag, chosen), alone.leak(0, tag, chosen)]).toEqual([leaks, leaks]);
          }
        }
      },
    ),
    { numRuns: 150 },
  );
});
