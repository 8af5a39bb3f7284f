import { describe, expect, it } from 'vitest';
import {
  BUCKET_OVER,
  BUCKET_PAID,
  BucketTable,
  BucketTime,
  bucketTableWords,
  limitOf,
} from '../../../../src/core/server/bucket-table.ts';

const LIMIT = limitOf(32, 256);

/** A table that is told the time with each request. */
class Timed {
  private readonly time = new BucketTime();
  private readonly table: BucketTable;

  constructor(buckets: number, shared = false) {
    const octets = 4 * bucketTableWords(buckets);
    const words = new Int32Array(shared ? new SharedArrayBuffer(octets) : new ArrayBuffer(octets));
    this.table = new BucketTable(words, this.time);
  }

  pay(low: number, high: number, seconds: number): boolean {
    this.time.set(seconds);
    return this.table.pay(low, high, LIMIT) === BUCKET_PAID;
  }

  leak(low: number, high: number, seconds: number): boolean {
    this.time.set(seconds);
    return this.table.pay(low, high, LIMIT) === BUCKET_OVER && this.table.leak(low, high, LIMIT);
  }
}

const table = (buckets: number, shared = false) => new Timed(buckets, shared);

/** Requests of one key at a steady rate; returns how many were paid. */
function ask(buckets: Timed, key: number, perSecond: number, from: number, seconds: number): number {
  let paid = 0;
  for (let i = 0; i < perSecond * seconds; i++) if (buckets.pay(key, key, from + i / perSecond)) paid++;
  return paid;
}

describe('the bucket table', () => {
  it.each([false, true])('grants a burst and then the rate (shared: %s)', (shared) => {
    const buckets = table(64, shared);
    let paid = 0;
    for (let i = 0; i < 1000; i++) if (buckets.pay(5, 5, 100)) paid++;
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

  // In a fresh table, at any uptime: a word of time is zero or seems ahead in 512 s of every 4096 s.
  it.each(Array.from({ length: 24 }, (_, i) => i * 256 + 100))(
    'holds the first abuser that it ever meets, %d s after the start of the machine',
    (uptime) => {
      expect(ask(table(64), 5, 2000, uptime, 4)).toBeLessThanOrEqual(256 + 4 * 32 + 1);
      expect(ask(table(64, true), 5, 2000, uptime, 4)).toBeLessThanOrEqual(256 + 4 * 32 + 1);
    },
  );

  it('holds it again and again, however long it pauses, and never a client that comes back', () => {
    const buckets = table(64);
    for (let now = 0; now < 4 * 86_400; now += 600 + (now % 4099)) {
      const paid = ask(buckets, 5, 500, now, 4);
      expect(paid).toBeLessThanOrEqual(256 + 4 * 32 + 1);
      expect(paid).toBeGreaterThanOrEqual(256 + 4 * 32 - 1);
      expect(ask(buckets, 9, 20, now + 5, 10)).toBe(200);
    }
  });

  it('takes a thread whose time is behind the others for one of them', () => {
    const words = new Int32Array(new SharedArrayBuffer(4 * bucketTableWords(16)));
    const [early, late] = [new BucketTime(), new BucketTime()];
    const [behind, ahead] = [new BucketTable(words, early), new BucketTable(words, late)];
    let paid = 0;
    for (let i = 0; i < 8000; i++) {
      late.set(511 + i / 4000);
      early.set(511 + i / 4000 - 0.01); // in the era before, for a moment
      if ((i % 2 === 0 ? ahead : behind).pay(5, 5, LIMIT) === BUCKET_PAID) paid++;
    }
    expect(paid).toBeLessThanOrEqual(256 + 2 * 32 + 1);
    expect(paid).toBeGreaterThanOrEqual(256 + 2 * 32 - 1);
  });

  it('leaks at most one more limit', () => {
    const buckets = table(64);
    let leaked = 0;
    for (let i = 0; i < 20_000; i++) {
      if (buckets.leak(5, 5, i / 2000)) leaked++;
    }
    expect(leaked).toBeGreaterThan(250);
    expect(leaked).toBeLessThanOrEqual(320);
  });

  it('does not forget an abuser under a flood of addresses that ask once', () => {
    const buckets = table(1024);
    expect(ask(buckets, 77, 2000, 0, 1)).toBeLessThanOrEqual(289);
    let paid = 0;
    for (let i = 0; i < 200_000; i++) {
      const now = 1 + i / 50_000;
      buckets.pay(Math.imul(i, 0x9e3779b1), i << 1, now);
      if (i % 25 === 0 && buckets.pay(77, 77, now)) paid++;
    }
    expect(paid).toBeLessThanOrEqual(4 * 32 + 1);
  });

  it('serves newcomers when all places are taken by heavier debtors', () => {
    const buckets = table(16);
    for (let key = 0; key < 64; key++) ask(buckets, key << 20, 2000, 0, 1);
    for (let i = 0; i < 1000; i++) {
      expect(buckets.pay(Math.imul(i, 0x9e3779b1), (i + 1000) << 1, 1)).toBe(true);
    }
  });

  it('refuses limits that it could not tell apart', () => {
    expect(() => limitOf(2 ** 21, 1)).toThrow(RangeError);
    expect(() => limitOf(0.001, 8)).toThrow(RangeError);
    expect(() => limitOf(1, 0)).toThrow(RangeError);
    expect(() => limitOf(1, 1000)).toThrow(RangeError);
  });
});
