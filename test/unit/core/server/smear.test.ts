import { describe, expect, it, test } from 'vitest';
import {
  isUntold,
  isWithheld,
  SMEAR_LATE,
  SMEAR_LINEAR,
  SMEAR_NONE,
  SMEAR_ON_TIME,
  SMEAR_SLEW,
  SMEAR_TAKEN_BACK,
  SMEAR_UNKNOWN,
  type SmearKind,
  smearedOffsets,
  smearOffsetSeconds,
} from '../../../../src/core/server/smear.ts';

/** 2016-12-31 24:00 UTC. */
const MIDNIGHT = 3_692_217_600;
const NOON = MIDNIGHT - 43_200;

/**
 * A clock that does the leap as the daemon does: `elapsed` SI seconds after the noon before it. Gives what a smeared
 * listener shows, in seconds from that noon.
 */
function shown(kind: SmearKind, sign: number, elapsed: number): number {
  const leapAt = sign > 0 ? 43_200 : 43_199;
  const applied = elapsed >= leapAt;
  const clock = elapsed - (applied ? sign : 0);
  const seconds = Math.floor(clock);
  const event = { eventSeconds: MIDNIGHT, sign, applied };
  return clock + smearOffsetSeconds(kind, event, NOON + seconds, (clock - seconds) * 2 ** 32);
}

describe.each([1, -1])('smearing a leap second of sign %d', (sign) => {
  it('runs on one straight line from noon to noon', () => {
    const total = 86_400 + sign;
    for (let elapsed = -7200; elapsed <= total + 7200; elapsed += 127.25) {
      const wanted = elapsed <= 0 ? elapsed : elapsed >= total ? elapsed - sign : (elapsed * 86_400) / total;
      expect(Math.abs(shown(SMEAR_LINEAR, sign, elapsed) - wanted)).toBeLessThan(1e-6);
    }
  });

  it.each([SMEAR_LINEAR, SMEAR_SLEW] as const)(
    'never jumps nor stands still, around the leap least of all (%d)',
    (kind) => {
      for (const from of [-10, 43_190, 86_390, 43_200 + 62_490]) {
        for (let i = 0; i < 2000; i++) {
          const step = shown(kind, sign, from + (i + 1) / 100) - shown(kind, sign, from + i / 100);
          expect(Math.abs(step - 0.01)).toBeLessThan(0.01 * 40e-6 + 1e-9);
        }
      }
    },
  );

  it('slews from the leap on, at 32 ppm at most, and has done it all 62,500 s later', () => {
    const leapAt = sign > 0 ? 43_200 : 43_199;
    expect(shown(SMEAR_SLEW, sign, leapAt - 1)).toBeCloseTo(leapAt - 1, 9);
    expect(shown(SMEAR_SLEW, sign, leapAt)).toBeCloseTo(leapAt, 6);
    expect(shown(SMEAR_SLEW, sign, leapAt + 31_250)).toBeCloseTo(leapAt + 31_250 - sign / 2, 6);
    expect(shown(SMEAR_SLEW, sign, leapAt + 62_500)).toBeCloseTo(leapAt + 62_500 - sign, 6);
    const rate = shown(SMEAR_SLEW, sign, leapAt + 31_251) - shown(SMEAR_SLEW, sign, leapAt + 31_250) - 1;
    expect(Math.abs(rate)).toBeCloseTo(32e-6, 7);
  });
});

test('without a leap second, or without a smear, the served clock is shown as it is', () => {
  expect(smearOffsetSeconds(SMEAR_NONE, { eventSeconds: MIDNIGHT, sign: 1, applied: false }, MIDNIGHT - 10, 0)).toBe(0);
  expect(smearOffsetSeconds(SMEAR_LINEAR, { eventSeconds: 0, sign: 0, applied: false }, MIDNIGHT - 10, 0)).toBe(0);
});

test('a late smear is withheld where it would have begun at noon, an unknown one everywhere', () => {
  const kinds = [SMEAR_LINEAR, SMEAR_SLEW] as const;
  expect(kinds.map((kind) => isWithheld(kind, SMEAR_ON_TIME))).toEqual([false, false]);
  expect(kinds.map((kind) => isWithheld(kind, SMEAR_LATE))).toEqual([true, false]);
  expect(kinds.map((kind) => isWithheld(kind, SMEAR_UNKNOWN))).toEqual([true, true]);
  expect(kinds.map((kind) => isUntold(kind, SMEAR_UNKNOWN))).toEqual([true, true]);
});

test('one that was taken back is shown by nobody, and untold where the smear had begun', () => {
  const kinds = [SMEAR_LINEAR, SMEAR_SLEW] as const;
  expect(kinds.map((kind) => isWithheld(kind, SMEAR_TAKEN_BACK))).toEqual([true, true]);
  expect(kinds.map((kind) => isUntold(kind, SMEAR_TAKEN_BACK))).toEqual([true, false]);
});

test('smeared clocks are where both kinds of smear have them, while that can be seen', () => {
  const event = { eventSeconds: MIDNIGHT, sign: 1, applied: false };
  expect(smearedOffsets(event, NOON - 10, 0)).toEqual([]);
  const [linear, ...others] = smearedOffsets(event, MIDNIGHT - 21_600, 0);
  expect(linear).toBeCloseTo(-0.25, 5);
  expect(others).toEqual([]);
  const after = smearedOffsets({ ...event, applied: true }, MIDNIGHT + 10, 0);
  expect(after[0]).toBeCloseTo(0.49987, 4);
  expect(after[1]).toBeCloseTo(1, 4);
});
