import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addSeconds,
  decodeShort,
  differenceSeconds,
  encodeShortRoundedUp,
  UNIX_EPOCH_NTP_SECONDS,
} from '../../../src/protocol/timestamp.ts';

const word = fc.integer({ min: 0, max: 0xffff_ffff });

describe('a difference of two times', () => {
  test('is read in the nearest era (RFC 5905 §6)', () => {
    expect(differenceSeconds(0, 0, 0xffff_ffff, 0)).toBe(1);
    expect(differenceSeconds(0xffff_ffff, 0, 0, 0)).toBe(-1);
    expect(differenceSeconds(10, 0x8000_0000, 0xffff_fff6, 0)).toBe(20.5);
  });

  test('is the same whether words are signed or not', () => {
    fc.assert(
      fc.property(word, word, word, word, (a, b, c, d) => {
        expect(differenceSeconds(a | 0, b | 0, c | 0, d | 0)).toBe(differenceSeconds(a, b, c, d));
      }),
    );
  });

  test('keeps a quarter of a nanosecond when it is small', () => {
    expect(differenceSeconds(5, 1, 5, 0)).toBe(2 ** -32);
    expect(differenceSeconds(6, 0, 5, 0xffff_ffff)).toBe(2 ** -32);
  });
});

describe('a sum', () => {
  test('undoes a difference, across eras and with any sign', () => {
    const delta = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    const out = { seconds: 0, fraction: 0 };
    fc.assert(
      fc.property(word, word, delta, (seconds, fraction, seconds2) => {
        addSeconds(seconds, fraction, seconds2, out);
        expect(differenceSeconds(out.seconds, out.fraction, seconds, fraction)).toBeCloseTo(seconds2, 8);
      }),
    );
  });

  test('wraps at the era and carries out of the fraction', () => {
    const out = { seconds: 0, fraction: 0 };
    addSeconds(0xffff_ffff, 0xffff_ffff, 2 ** -32, out);
    expect(out).toEqual({ seconds: 0, fraction: 0 });
    addSeconds(0, 0, -(2 ** -32), out);
    expect(out).toEqual({ seconds: 0xffff_ffff, fraction: 0xffff_ffff });
  });
});

describe('the short format', () => {
  test('never understates an error bound, saturates, and is zero for what is none', () => {
    expect(encodeShortRoundedUp(1e-9)).toBe(1);
    expect(encodeShortRoundedUp(1)).toBe(65_536);
    expect(encodeShortRoundedUp(1e9)).toBe(0xffff_ffff);
    expect(encodeShortRoundedUp(Number.NaN)).toBe(0);
    expect(encodeShortRoundedUp(-1)).toBe(0);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 65_000, noNaN: true }), (seconds) => {
        const kept = decodeShort(encodeShortRoundedUp(seconds));
        expect(kept).toBeGreaterThanOrEqual(seconds);
        expect(kept - seconds).toBeLessThanOrEqual(2 ** -16);
      }),
    );
  });

  test('is read unsigned', () => {
    expect(decodeShort(-1)).toBeCloseTo(65_536, 3);
  });
});

test('the Unix epoch lies 70 years and 17 leap days after the NTP epoch', () => {
  expect(UNIX_EPOCH_NTP_SECONDS).toBe((70 * 365 + 17) * 86_400);
});
