import { describe, expect, it } from 'vitest';
import {
  BUCKET_OVER,
  BUCKET_PAID,
  BucketTable,
  bucketTableWords,
  limitOf,
  toUnits,
} from '../../../../src/core/server/bucket-table.ts';

const LIMIT = limitOf(32, 256);
const table = (buckets: number, shared = false) => {
  const octets = 4 * bucketTableWords(buckets);
  return new BucketTable(new Int32Array(shared ? new SharedArrayBuffer(octets) : new ArrayBuffer(octets)));
};

/** Requests of one key at a steady rate; returns how many were paid. */
function ask(buckets: BucketTable, key: number, perSecond: number, from: number, seconds: number): number {
  let paid = 0;
  for (let i = 0; i < perSecond * seconds; i++) {
    if (buckets.pay(key, key, toUnits(from + i / perSecond), LIMIT) === BUCKET_PAID) paid++;
  }
  return paid;
}

describe('the bucket table', () => {
  it.each([false, true])('grants a burst and then the rate (shared: %s)', (shared) => {
    const buckets = table(64, shared);
    let paid = 0;
    for (let i = 0; i < 1000; i++) if (buckets.pay(5, 5, toUnits(100), LIMIT) === BUCKET_PAID) paid++;
    expect(paid).toBe(256);
    expect(ask(buckets, 5, 2000, 100, 10)).toBeGreaterThanOrEqual(319);
    expect(ask(buckets, 5, 2000, 110, 10)).toBeLessThanOrEqual(321);
  });

  it('never limits who stays within the rate', () => {
    expect(ask(table(64), 5, 31, 0, 1000)).toBe(31_000);
  });

  it('keeps its word when the time wraps', () => {
    const buckets = table(64);
    expect(ask(buckets, 5, 2000, 4095, 2)).toBeLessThanOrEqual(256 + 64 + 1);
    expect(ask(buckets, 5, 16, 4200, 100)).toBe(1600);
  });

  it('leaks at most one more limit', () => {
    const buckets = table(64);
    let leaked = 0;
    for (let i = 0; i < 20_000; i++) {
      const now = toUnits(i / 2000);
      if (buckets.pay(5, 5, now, LIMIT) === BUCKET_OVER && buckets.leak(5, 5, now, LIMIT)) leaked++;
    }
    expect(leaked).toBeGreaterThan(250);
    expect(leaked).toBeLessThanOrEqual(320);
  });

  it('does not forget an abuser under a flood of addresses that ask once', () => {
    const buckets = table(1024);
    expect(ask(buckets, 77, 2000, 0, 1)).toBeLessThanOrEqual(289);
    let paid = 0;
    for (let i = 0; i < 200_000; i++) {
      const now = toUnits(1 + i / 50_000);
      buckets.pay(Math.imul(i, 0x9e3779b1), i << 1, now, LIMIT);
      if (i % 25 === 0 && buckets.pay(77, 77, now, LIMIT) === BUCKET_PAID) paid++;
    }
    expect(paid).toBeLessThanOrEqual(4 * 32 + 1);
  });

  it('serves newcomers when all places are taken by heavier debtors', () => {
    const buckets = table(16);
    for (let key = 0; key < 64; key++) ask(buckets, key << 20, 2000, 0, 1);
    for (let i = 0; i < 1000; i++) {
      expect(buckets.pay(Math.imul(i, 0x9e3779b1), (i + 1000) << 1, toUnits(1), LIMIT)).toBe(BUCKET_PAID);
    }
  });

  it('refuses limits that it could not tell apart', () => {
    expect(() => limitOf(2 ** 21, 1)).toThrow(RangeError);
    expect(() => limitOf(0.001, 8)).toThrow(RangeError);
    expect(() => limitOf(1, 0)).toThrow(RangeError);
    expect(() => limitOf(1, 1000)).toThrow(RangeError);
  });
});
