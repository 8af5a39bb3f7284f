import { describe, expect, it } from 'vitest';
import { BucketTime, bucketTableWords, limitOf } from '../../../../src/core/server/bucket-table.ts';
import { KeyedHash } from '../../../../src/core/server/keyed-hash.ts';
import {
  DEFAULT_RATE_LIMITS,
  LABEL_IPV4,
  LABEL_IPV6_SUBNET,
  NO_RATE_LIMITS,
  RATE_KISS,
  RATE_LEAKED,
  RATE_OVER,
  RATE_WITHIN,
  RateLimiter,
  type RateLimits,
} from '../../../../src/core/server/rate-limit.ts';
import { SLOT_ADDRESS, SLOT_WORDS } from '../../../../src/core/server/slot.ts';

const SLOTS = 64;

/** The packet table with the source of a slot as given. */
function place(table: Int32Array, slot: number, a: number, b: number, c: number, d: number): void {
  table.set([a, b, c, d], slot * SLOT_WORDS + SLOT_ADDRESS);
}

/** One or several workers with a shared table; a request is decided by the worker its address leads to. */
class Machine {
  readonly counts = [0, 0, 0, 0];
  private readonly hash = new KeyedHash([0x1234, 0x5678]);
  private readonly time = new BucketTime();
  private readonly workers: RateLimiter[];
  private readonly table = new Int32Array(SLOTS * SLOT_WORDS);

  constructor(workers = 1, buckets = 4096) {
    const shared = new Int32Array(new SharedArrayBuffer(4 * bucketTableWords(4096)));
    this.workers = Array.from(
      { length: workers },
      (_, i) =>
        new RateLimiter(
          new Int32Array(bucketTableWords(buckets)),
          shared,
          this.time,
          new KeyedHash([0x1234, 0x5678]),
          SLOTS,
          i + 1,
        ),
    );
  }

  ipv4(address: number, seconds: number, limits: RateLimits = DEFAULT_RATE_LIMITS, batch = 1): number {
    this.hash.compute(0, address, LABEL_IPV4);
    return this.decide(0, 0, address, true, seconds, limits, batch);
  }

  ipv6(a: number, b: number, d: number, seconds: number, limits: RateLimits = DEFAULT_RATE_LIMITS): number {
    this.hash.compute(a, b, LABEL_IPV6_SUBNET);
    return this.decide(a, b, d, false, seconds, limits);
  }

  private decide(
    a: number,
    b: number,
    d: number,
    ipv4: boolean,
    seconds: number,
    limits: RateLimits,
    batch = 1,
  ): number {
    const worker = this.workers[(d >>> 0) % this.workers.length] as RateLimiter;
    const { low, high } = this.hash;
    this.time.set(seconds);
    place(this.table, 0, a, b, ipv4 ? 0xffff : 0, d);
    worker.begin(this.table, batch);
    const decision = worker.decide(0, a, b, d, ipv4, low, high, limits);
    this.counts[decision] = (this.counts[decision] as number) + 1;
    return decision;
  }
}

describe('rate control', () => {
  it('gives one address that asks 2,000 times a second its limit and at most as much again', () => {
    const machine = new Machine();
    for (let i = 0; i < 20_000; i++) machine.ipv4(0x0a000001, 10 + i / 2000);
    const [within, leaked] = machine.counts as [number, number];
    expect(within).toBeLessThanOrEqual(256 + 10 * 32 + 1);
    expect(within).toBeGreaterThanOrEqual(256 + 10 * 32 - 2);
    expect(leaked).toBeLessThanOrEqual(10 * 32);
    expect(leaked).toBeGreaterThan(10 * 32 * 0.8);
  });

  it.each([1, 4])('holds a /24 to its limit on the whole machine, with %d workers', (workers) => {
    const machine = new Machine(workers);
    const perSecond = 50_000;
    const limits = { ...DEFAULT_RATE_LIMITS, ipv4Address: { costUnits: 0, depthUnits: 0 } };
    for (let i = 0; i < 4 * perSecond; i++) machine.ipv4(0x0a000000 + (i % 256), i / perSecond, limits);
    const [within, leaked] = machine.counts as [number, number];
    // What each of 256 addresses had not paid yet, or paid ahead.
    expect(within).toBeLessThanOrEqual(65_536 + 4 * 8192 + 8 * Math.sqrt(256) * 2);
    expect(within).toBeGreaterThan(65_536 + 4 * 8192 - 100);
    expect(leaked).toBeLessThanOrEqual(4 * 8192);
  });

  it('does not starve 1,000 clients behind one address after they booted together', () => {
    const machine = new Machine();
    // iburst: eight requests 2 s apart, then poll 6.
    const times: number[] = [];
    for (let client = 0; client < 1000; client++) {
      const start = (client / 1000) * 5;
      for (let i = 0; i < 8; i++) times.push(start + 2 * i);
      for (let t = start + 16 + (64 * ((client * 37) % 1000)) / 1000; t < 600; t += 64) times.push(t);
    }
    times.sort((a, b) => a - b);
    let later = 0;
    let answered = 0;
    for (const t of times) {
      const decision = machine.ipv4(0x0a000001, t);
      if (t < 60) continue;
      later++;
      if (decision <= RATE_LEAKED) answered++;
    }
    expect(answered / later).toBeGreaterThanOrEqual(0.999);
  });

  it('limits none of 5,000 hosts in one flat IPv6 subnet', () => {
    const machine = new Machine(4);
    for (let i = 0; i < 100_000; i++) machine.ipv6(0x20010db8, 1, i % 5000, i / 80);
    expect(machine.counts).toEqual([100_000, 0, 0, 0]);
  });

  it('holds an IPv6 /48 whose subnets each stay within theirs', () => {
    const machine = new Machine(2);
    for (let i = 0; i < 200_000; i++) machine.ipv6(0x20010db8, i % 64, i, i / 50_000);
    expect(machine.counts[RATE_WITHIN]).toBeLessThanOrEqual(65_536 + 4 * 8192 + 16);
  });

  it('leaks of an IPv6 /48 no more than one more limit, however many of its subnets are over theirs', () => {
    const machine = new Machine();
    const [subnets, perSecond, seconds] = [10, 20_000, 12];
    for (let i = 0; i < subnets * perSecond * seconds; i++) {
      machine.ipv6(0x2001_0db8, i % subnets, i, i / (subnets * perSecond));
    }
    const answered = (machine.counts[RATE_WITHIN] as number) + (machine.counts[RATE_LEAKED] as number);
    expect(answered).toBeLessThanOrEqual(65_536 + 2 * 8192 * seconds + 100);
    expect(answered).toBeGreaterThan(65_536 + 1.8 * 8192 * seconds);
  });

  it('charges samples for wide buckets, and every request once one is half empty', () => {
    // Half the burst unseen by nobody: what is granted is exact within a sample for each worker.
    for (const workers of [1, 4]) {
      const machine = new Machine(workers);
      for (let i = 0; i < 100_000; i++) machine.ipv6(0x20010db8, 7, i, 5);
      expect(Math.abs((machine.counts[RATE_WITHIN] as number) - 65_536)).toBeLessThanOrEqual(8 * workers);
    }
  });

  it('charges each in proportion to what it asks, when samples are taken of many', () => {
    const machine = new Machine();
    const asked = [0, 0];
    // One subnet asks three times as often as the other, in a rhythm of eight; both empty theirs in the same proportion.
    for (let i = 0; i < 8 * 8192; i++) {
      const other = i % 8 >= 6 ? 1 : 0;
      asked[other] = (asked[other] as number) + 1;
      machine.ipv6(0x20010db8 + other, other, i, 5);
    }
    expect(machine.counts).toEqual([8 * 8192, 0, 0, 0]);
    for (const other of [0, 1]) {
      const before = machine.counts[RATE_WITHIN] as number;
      for (let i = 0; i < 100_000; i++) machine.ipv6(0x20010db8 + other, other, i, 5);
      const left = (machine.counts[RATE_WITHIN] as number) - before;
      expect(Math.abs(65_536 - (asked[other] as number) - left)).toBeLessThan(3000);
    }
  });

  describe('in a busy worker', () => {
    const PER_SECOND = 256_000;

    /** Batches of strangers' requests, in which `client` says per slot who asks else; who of those was answered. */
    function crowd(seed: number, batches: number, client: (request: number) => number | null): Map<number, boolean[]> {
      const time = new BucketTime();
      const hash = new KeyedHash([seed, 2]);
      const shared = new Int32Array(new SharedArrayBuffer(4 * bucketTableWords(4096)));
      const limiter = new RateLimiter(
        new Int32Array(bucketTableWords(131_072)),
        shared,
        time,
        new KeyedHash([seed, 2]),
        SLOTS,
        seed,
      );
      const table = new Int32Array(SLOTS * SLOT_WORDS);
      const addressOf = (request: number): number => client(request) ?? Math.imul(request % 65_536, 0x9e37_79b1);
      const answered = new Map<number, boolean[]>();
      let limited = 0;
      for (let request = 0; request < batches * SLOTS; request++) {
        time.set(100 + request / PER_SECOND);
        if (request % SLOTS === 0) {
          for (let slot = 0; slot < SLOTS; slot++) place(table, slot, 0, 0, 0xffff, addressOf(request + slot));
          limiter.begin(table, SLOTS);
        }
        const known = client(request);
        const address = addressOf(request);
        hash.compute(0, address, LABEL_IPV4);
        const rate = limiter.decide(request % SLOTS, 0, 0, address, true, hash.low, hash.high, DEFAULT_RATE_LIMITS);
        const isAnswered = rate <= RATE_LEAKED;
        if (known === null) limited += isAnswered ? 0 : 1;
        else answered.get(known)?.push(isAnswered) ?? answered.set(known, [isAnswered]);
      }
      expect(limited).toBe(0);
      return answered;
    }

    it('holds one address that asks 2,000 times a second to its limit and as much again', () => {
      for (const seed of [1, 2, 3, 4, 5]) {
        const asked = crowd(seed, 5 * (PER_SECOND / SLOTS), (i) => (i % 128 === 77 ? 0x0a000001 : null)).get(
          0x0a000001,
        );
        const answered = asked?.filter(Boolean).length as number;
        // What had not been paid for, or paid ahead, when the bucket was found half empty; and 36 beside it share its count.
        expect(answered).toBeLessThanOrEqual(256 + 2 * 5 * 32 + 16);
        expect(answered).toBeGreaterThan(256 + 5 * 32 - 16);
      }
    });

    it('limits nobody who asks for less than half of what a bucket holds', () => {
      for (const seed of [1, 2, 3, 4, 5]) {
        // A hundred requests at once, from each of a thousand addresses in turn.
        const asked = crowd(seed, 4000, (i) => (i % 2 === 0 ? 0x0a000000 + Math.floor(i / 256) : null));
        for (const answers of asked.values()) expect(answers).not.toContain(false);
      }
    });

    it('passes none unseen of one whose bucket an idle worker found empty', () => {
      const time = new BucketTime();
      const hash = new KeyedHash([1, 2]);
      const shared = new Int32Array(new SharedArrayBuffer(4 * bucketTableWords(4096)));
      const limiter = new RateLimiter(new Int32Array(bucketTableWords(4096)), shared, time, hash, SLOTS, 7);
      const table = new Int32Array(SLOTS * SLOT_WORDS);
      const limits = { ...DEFAULT_RATE_LIMITS, ipv4Address: limitOf(1, 500), leakLog2: -1 };
      const client = new KeyedHash([1, 2]);
      client.compute(0, 0x0a00_0001, LABEL_IPV4);
      for (let slot = 0; slot < SLOTS; slot++) place(table, slot, 0, 0, 0xffff, 0x0a00_0001);
      let answered = 0;
      const batch = (requests: number): void => {
        limiter.begin(table, requests);
        for (let slot = 0; slot < requests; slot++) {
          const isSeen = limiter.looksAt(slot);
          const { low, high } = client;
          if (!isSeen || limiter.decide(slot, 0, 0, 0x0a00_0001, true, low, high, limits) === RATE_WITHIN) answered++;
        }
      };
      limiter.expect([limits]);
      time.set(100);
      for (let i = 0; i < 60; i++) batch(10);
      for (let i = 0; i < 10; i++) batch(SLOTS);
      expect(answered).toBe(500);
    });

    it('pays for addresses one by one where their limit is too narrow for samples', () => {
      const machine = new Machine();
      const limits = { ...DEFAULT_RATE_LIMITS, ipv4Address: limitOf(1, 128), leakLog2: -1 };
      for (let i = 0; i < 1000; i++) machine.ipv4(0x0a000001, 100, limits, SLOTS);
      expect(machine.counts[RATE_WITHIN]).toBe(128);
    });
  });

  it('kisses only when told to, and never more often than it drops', () => {
    const limits = { ...DEFAULT_RATE_LIMITS, ipv4Address: limitOf(1, 1), leakLog2: -1 };
    const silent = new Machine();
    for (let i = 0; i < 4096; i++) silent.ipv4(1, 1, limits);
    expect(silent.counts).toEqual([1, 0, 4095, 0]);
    const kissing = new Machine();
    for (let i = 0; i < 4096; i++) kissing.ipv4(1, 1, { ...limits, kissLog2: 3 });
    expect(kissing.counts[RATE_KISS]).toBeGreaterThan(400);
    expect(kissing.counts[RATE_KISS]).toBeLessThan(630);
  });

  it('counts for each limit by itself, where listeners have different ones or one was changed', () => {
    const machine = new Machine();
    const narrow = { ...DEFAULT_RATE_LIMITS, ipv4Address: limitOf(1, 4), leakLog2: -1 };
    for (let i = 0; i < 200; i++) expect(machine.ipv4(0x0a00_0001, 0)).toBe(RATE_WITHIN);
    for (let i = 0; i < 4; i++) expect(machine.ipv4(0x0a00_0001, 0, narrow)).toBe(RATE_WITHIN);
    expect(machine.ipv4(0x0a00_0001, 0, narrow)).toBe(RATE_OVER);
    const slow = { ...narrow, ipv4Address: limitOf(0.5, 100) };
    for (let i = 0; i < 100; i++) expect(machine.ipv4(0x0a00_0001, 0, slow)).toBe(RATE_WITHIN);
    expect(machine.ipv4(0x0a00_0001, 0, slow)).toBe(RATE_OVER);
    for (let i = 0; i < 56; i++) expect(machine.ipv4(0x0a00_0001, 0)).toBe(RATE_WITHIN);
    expect(machine.ipv4(0x0a00_0001, 0, { ...DEFAULT_RATE_LIMITS, leakLog2: -1 })).toBe(RATE_OVER);
  });

  it('limits nobody without limits', () => {
    const machine = new Machine();
    for (let i = 0; i < 100_000; i++) machine.ipv4(1, 1, NO_RATE_LIMITS);
    expect(machine.counts[RATE_OVER]).toBe(0);
  });

  it('limits no well-behaved client beside a flood of new addresses, however full the table', () => {
    const machine = new Machine(1, 2048);
    const wellBehaved = 10_000;
    let flood = 1;
    let limited = 0;
    for (let second = 0; second < 20; second++) {
      for (let i = 0; i < 500; i++) {
        const now = second + i / 500;
        for (let n = 0; n < 60; n++) machine.ipv4(Math.imul(flood++, 0x9e3779b1), now);
        if (machine.ipv4(0x0a000000 + ((second * 500 + i) % wellBehaved), now) > RATE_LEAKED) limited++;
      }
    }
    expect(limited).toBe(0);
  });
});
