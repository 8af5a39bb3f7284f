import { expect, test } from 'vitest';
import { absoluteSeconds, endOfDay, isLeapDay, wireSeconds } from '../../../../src/core/discipline/calendar.ts';
import { UNIX_EPOCH_NTP_SECONDS } from '../../../../src/protocol/timestamp.ts';

const NOON = 43_200;

test('only the last days of June and December are leap days, to 2155', () => {
  for (let unixDay = Date.UTC(2020, 0, 1) / 86_400_000; unixDay < Date.UTC(2155, 0, 1) / 86_400_000; unixDay++) {
    const tomorrow = new Date((unixDay + 1) * 86_400_000);
    const expected = tomorrow.getUTCDate() === 1 && [0, 6].includes(tomorrow.getUTCMonth());
    expect(isLeapDay(UNIX_EPOCH_NTP_SECONDS + unixDay * 86_400 + NOON)).toBe(expected);
  }
});

test('a day ends at the next midnight, which is of the next day', () => {
  const midnight = UNIX_EPOCH_NTP_SECONDS + Date.UTC(2026, 11, 31) / 1000;
  expect(endOfDay(midnight - 0.5)).toBe(midnight);
  expect(endOfDay(midnight)).toBe(midnight + 86_400);
});

test('seconds are counted over the era of 2036', () => {
  const last = absoluteSeconds({ seconds: 0xffff_ffff, fraction: 0x8000_0000 }, 0, 0);
  const first = absoluteSeconds({ seconds: 0, fraction: 0 }, 0.5, -0.25);
  expect(first - last).toBe(0.75);
  expect(wireSeconds(first)).toBe(0);
  expect(wireSeconds(last)).toBe(0xffff_ffff);
});
