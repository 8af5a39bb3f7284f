import { describe, expect, it } from 'vitest';
import {
  INTERLEAVED_CAPACITY_LOG2,
  INTERLEAVED_OCTETS,
  InterleavedStore,
  interleavedLifetimeSeconds,
  namesReceiveStamp,
  ownerOf,
} from '../../../../src/core/server/interleaved.ts';
import { STAMP_KERNEL } from '../../../../src/core/server/slot.ts';

const OWNER = ownerOf(0x12340000, 1);
const SECONDS = 0xe9000000 | 0;

describe('the interleaved store', () => {
  it('gives a transmit stamp back to the client that names its receive stamp', () => {
    const store = new InterleavedStore(8, 1);
    const cookie = store.remember(SECONDS, 0x10000001, OWNER);
    store.complete(cookie, SECONDS, 0x10008000, STAMP_KERNEL);
    expect(store.take(SECONDS, 0x10000001, OWNER)).toBe(true);
    expect([store.txSeconds, store.txFraction, store.txSource]).toEqual([SECONDS, 0x10008000, STAMP_KERNEL]);
  });

  it('carries into the next second, and across the end of an era', () => {
    const store = new InterleavedStore(8, 1);
    const cookie = store.remember(-1, 0xffffff01 | 0, OWNER);
    store.complete(cookie, 0, 0x100, STAMP_KERNEL);
    expect(store.take(-1, 0xffffff01 | 0, OWNER)).toBe(true);
    expect([store.txSeconds, store.txFraction]).toEqual([0, 0x100]);
  });

  it('answers one request per reply (RFC 9769)', () => {
    const store = new InterleavedStore(8, 1);
    store.complete(store.remember(SECONDS, 3, OWNER), SECONDS, 100, STAMP_KERNEL);
    expect(store.take(SECONDS, 3, OWNER)).toBe(true);
    expect(store.take(SECONDS, 3, OWNER)).toBe(false);
  });

  it('knows nothing of stamps never given, of other clients, or from before a step', () => {
    const store = new InterleavedStore(8, 1);
    store.complete(store.remember(SECONDS, 3, OWNER), SECONDS, 100, STAMP_KERNEL);
    expect(store.take(SECONDS, 5, OWNER)).toBe(false);
    expect(store.take(SECONDS + 1, 3, OWNER)).toBe(false);
    expect(store.take(SECONDS, 3, ownerOf(0x12350000, 1))).toBe(false);
    expect(store.take(SECONDS, 3, ownerOf(0x12340000, 2))).toBe(false);
    expect(store.take(SECONDS, 3, OWNER)).toBe(true);
  });

  it('has no answer before the transmit stamp is known', () => {
    const store = new InterleavedStore(8, 1);
    const cookie = store.remember(SECONDS, 3, OWNER);
    expect(store.take(SECONDS, 3, OWNER)).toBe(false);
    store.complete(cookie, SECONDS, 100, STAMP_KERNEL);
    expect(store.take(SECONDS, 3, OWNER)).toBe(true);
  });

  it('does not believe a transmit stamp before its receive stamp, or a second after it', () => {
    const store = new InterleavedStore(8, 1);
    const cookie = store.remember(SECONDS, 0x101, OWNER);
    for (const [seconds, fraction] of [
      [SECONDS, 0x100],
      [SECONDS, 0x101],
      [SECONDS - 1, 0x102],
      [SECONDS + 1, 0x101],
      [SECONDS + 1, 0x102],
      [SECONDS + 2, 0],
    ] as const) {
      store.complete(cookie, seconds, fraction, STAMP_KERNEL);
      expect(store.take(SECONDS, 0x101, OWNER)).toBe(false);
    }
  });

  it('remembers exactly as many replies as it has room for, however long it runs', () => {
    const store = new InterleavedStore(8, 7);
    const given: number[] = [];
    for (let i = 0; i < 5000; i++) {
      const fraction = (Math.imul(i, 0x9e3779b1) | 1) >>> 0;
      given.push(fraction | 0);
      store.complete(store.remember(SECONDS + i, fraction | 0, OWNER), SECONDS + i + 1, 0, STAMP_KERNEL);
    }
    const known = given.map((fraction, i) => store.take(SECONDS + i, fraction, OWNER));
    expect(known.lastIndexOf(false)).toBe(5000 - 256 - 1);
  });

  it('ignores a stamp that comes after its reply was forgotten', () => {
    const store = new InterleavedStore(4, 7);
    const cookie = store.remember(SECONDS, 1, OWNER);
    for (let i = 1; i <= 16; i++) store.remember(SECONDS, 2 * i + 1, OWNER);
    store.complete(cookie, SECONDS, 0x1000, STAMP_KERNEL);
    for (let i = 0; i <= 16; i++) expect(store.take(SECONDS, 2 * i + 1, OWNER)).toBe(false);
  });

  it('holds 64 s of 20,000 a second by default, in at most 32 octets each', () => {
    expect(interleavedLifetimeSeconds(INTERLEAVED_CAPACITY_LOG2, 20_000)).toBeGreaterThanOrEqual(64);
    expect(INTERLEAVED_OCTETS).toBeLessThanOrEqual(32);
  });
});

describe('an interleaved request', () => {
  it('has a receive stamp of ours as its origin, and receive and transmit stamps that differ', () => {
    const packet = new DataView(new ArrayBuffer(48));
    expect(namesReceiveStamp(packet, 0)).toBe(false);
    packet.setUint8(31, 1);
    expect(namesReceiveStamp(packet, 0)).toBe(false);
    packet.setUint8(40, 1);
    expect(namesReceiveStamp(packet, 0)).toBe(true);
    packet.setUint8(31, 2);
    expect(namesReceiveStamp(packet, 0)).toBe(false);
  });
});
