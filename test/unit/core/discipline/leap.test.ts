import { describe, expect, test } from 'vitest';
import { LeapSeconds } from '../../../../src/core/discipline/leap.ts';
import { UNIX_EPOCH_NTP_SECONDS } from '../../../../src/protocol/timestamp.ts';

const NEW_YEAR = UNIX_EPOCH_NTP_SECONDS + Date.UTC(2027, 0, 1) / 1000;
const DAY = 86_400;

const table = (change: number, expirySeconds = NEW_YEAR + DAY) => ({
  entries: [
    { atSeconds: 3_692_217_600, taiMinusUtc: 37 },
    { atSeconds: NEW_YEAR, taiMinusUtc: 37 + change },
  ],
  expirySeconds,
});

describe('what is believed', () => {
  test('a majority’s word, on the last UTC day of June or December only', () => {
    const leaps = new LeapSeconds(null);
    expect(leaps.consider(NEW_YEAR - DAY - 1, 1)).toBe(false);
    expect(leaps.event).toBeNull();
    expect(leaps.consider(NEW_YEAR - DAY, 1)).toBe(true);
    expect(leaps.event).toEqual({ atSeconds: NEW_YEAR, sign: 1 });
    expect(leaps.indicator(NEW_YEAR - DAY)).toBe(1);
  });

  test('is taken back when the majority does, and kept while there is no selection', () => {
    const leaps = new LeapSeconds(null);
    leaps.consider(NEW_YEAR - 5000, 2);
    expect(leaps.event?.sign).toBe(-1);
    expect(leaps.consider(NEW_YEAR - 4000, null)).toBe(false);
    expect(leaps.event?.sign).toBe(-1);
    expect(leaps.consider(NEW_YEAR - 3000, 0)).toBe(true);
    expect(leaps.event).toBeNull();
  });

  test('a valid list outranks the sources, both ways', () => {
    const withLeap = new LeapSeconds(table(1));
    withLeap.consider(NEW_YEAR - 5000, 0);
    expect(withLeap.event?.sign).toBe(1);
    const without = new LeapSeconds({
      entries: [{ atSeconds: 3_692_217_600, taiMinusUtc: 37 }],
      expirySeconds: NEW_YEAR + 1,
    });
    without.consider(NEW_YEAR - 5000, 1);
    expect(without.event).toBeNull();
    const deleting = new LeapSeconds(table(-1));
    deleting.consider(NEW_YEAR - 5000, 0);
    expect(deleting.event?.sign).toBe(-1);
  });

  test('an expired list leaves it to the sources', () => {
    const leaps = new LeapSeconds(table(1, NEW_YEAR - DAY));
    expect(leaps.isTableValid(NEW_YEAR - 5000)).toBe(false);
    leaps.consider(NEW_YEAR - 5000, 0);
    expect(leaps.event).toBeNull();
    leaps.consider(NEW_YEAR - 5000, 1);
    expect(leaps.event?.sign).toBe(1);
  });
});

describe('the leap itself', () => {
  test('inserted: NTP time goes back by a second at midnight, leap 3 around it', () => {
    const leaps = new LeapSeconds(null);
    leaps.consider(NEW_YEAR - 5000, 1);
    expect(leaps.dueSeconds).toBe(NEW_YEAR);
    expect(leaps.indicator(NEW_YEAR - 1.5)).toBe(1);
    expect(leaps.indicator(NEW_YEAR - 0.5)).toBe(3);
    expect(leaps.isNear(NEW_YEAR - 4)).toBe(true);
    expect(leaps.isNear(NEW_YEAR - 6)).toBe(false);
    leaps.leap();
    expect(leaps.shiftSeconds).toBe(-1);
    expect(leaps.dueSeconds).toBe(Number.POSITIVE_INFINITY);
    expect(leaps.indicator(NEW_YEAR - 0.9)).toBe(3);
    expect(leaps.indicator(NEW_YEAR + 1.5)).toBe(0);
    expect(leaps.isNear(NEW_YEAR + 4)).toBe(true);
  });

  test('deleted: the second before midnight is skipped', () => {
    const leaps = new LeapSeconds(null);
    leaps.consider(NEW_YEAR - 5000, 2);
    expect(leaps.dueSeconds).toBe(NEW_YEAR - 1);
    expect(leaps.indicator(NEW_YEAR - 3)).toBe(2);
    leaps.leap();
    expect(leaps.shiftSeconds).toBe(1);
  });

  test('is over five seconds later, and not believed again the next day', () => {
    const leaps = new LeapSeconds(null);
    leaps.consider(NEW_YEAR - 5000, 1);
    leaps.leap();
    expect(leaps.consider(NEW_YEAR + 3, 1)).toBe(false);
    expect(leaps.event).not.toBeNull();
    leaps.consider(NEW_YEAR + 6, 1);
    expect(leaps.event).toBeNull();
    expect(leaps.isNear(NEW_YEAR + 6)).toBe(false);
  });

  test('its turning points are when something has to be shown', () => {
    const leaps = new LeapSeconds(null);
    expect(leaps.turningPoints).toEqual([]);
    leaps.consider(NEW_YEAR - 5000, 1);
    expect(leaps.turningPoints).toEqual([NEW_YEAR - 5, NEW_YEAR - 1, NEW_YEAR]);
    leaps.leap();
    expect(leaps.turningPoints).toEqual([NEW_YEAR + 1, NEW_YEAR + 5]);
  });
});
