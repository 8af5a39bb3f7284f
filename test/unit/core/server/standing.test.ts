import { describe, expect, it } from 'vitest';
import { Standing, toStandingUnits } from '../../../../src/core/server/standing.ts';
import {
  STANDING_QUIET_UNITS_MAX,
  STANDING_ROW_WORDS,
  STANDING_WAYS,
} from '../../../../src/core/server/standing-rows.ts';

/** Two sets; keys of this file all fall into the first. */
function table() {
  const words = new Int32Array(2 * STANDING_ROW_WORDS);
  const standing = new Standing(words);
  const times = (key: number): { since: number; last: number } | null => {
    const way = words.subarray(0, STANDING_WAYS).indexOf(key | 1);
    if (way < 0) return null;
    const word = words[STANDING_WAYS + way] as number;
    return { since: word >>> 16, last: word & 0xffff };
  };
  return { standing, times, note: (key: number, now: number) => standing.note(0, key, now), words };
}

describe('the standing of clients', () => {
  it('keeps when a client was first and last seen', () => {
    const { note, times } = table();
    note(11, 5);
    note(11, 5);
    expect(times(11)).toEqual({ since: 5, last: 5 });
    note(11, 9);
    note(11, 700);
    expect(times(11)).toEqual({ since: 5, last: 700 });
  });

  it('begins anew after a long silence, and after a request over the limit', () => {
    const { note, times, standing } = table();
    note(11, 5);
    note(11, 5 + STANDING_QUIET_UNITS_MAX);
    expect(times(11)?.since).toBe(5);
    note(11, 5 + 2 * STANDING_QUIET_UNITS_MAX + 1);
    expect(times(11)?.since).toBe(5 + 2 * STANDING_QUIET_UNITS_MAX + 1);
    standing.forfeit(0, 11, 3000);
    expect(times(11)).toEqual({ since: 3000, last: 3000 });
    standing.forfeit(0, 13, 3000);
    expect(times(13)).toBeNull();
  });

  it('lets no flood of newcomers push out who was seen twice', () => {
    const { note, times } = table();
    for (const key of [11, 13, 15]) {
      note(key, 100);
      note(key, 101);
    }
    for (let key = 101; key < 10_101; key += 2) note(key, 102);
    for (const key of [11, 13, 15]) expect(times(key)).toEqual({ since: 100, last: 101 });
  });

  it('gives a newcomer the place of the quietest that was seen once, or of one long gone', () => {
    const { note, times } = table();
    for (let way = 0; way < STANDING_WAYS; way++) note(11 + 2 * way, 100 + way);
    note(11, 110);
    note(99, 111);
    expect(times(13)).toBeNull();
    expect(times(11)).not.toBeNull();
    const full = table();
    for (let way = 0; way < STANDING_WAYS; way++) {
      full.note(11 + 2 * way, 100);
      full.note(11 + 2 * way, 101);
    }
    full.note(99, 102);
    expect(full.times(99)).toBeNull();
    full.note(99, 102 + STANDING_QUIET_UNITS_MAX);
    expect(full.times(99)).not.toBeNull();
  });

  it('finds the set by the upper bits of the hash', () => {
    const { standing, words } = table();
    standing.note(-1, 11, 1);
    expect(words[STANDING_ROW_WORDS]).toBe(11);
  });

  it('works across the wrap of its units, and for clients that never go', () => {
    const { note, times } = table();
    note(11, 0xfff0);
    note(11, 3);
    expect(times(11)).toEqual({ since: 0xfff0, last: 3 });
    for (let now = 500; now < 0x1_4000; now += 500) note(11, now & 0xffff);
    const { since, last } = times(11) as { since: number; last: number };
    const age = (last - since) & 0xffff;
    expect(age).toBeLessThanOrEqual(0x7fff);
    expect(age).toBeGreaterThan(0x7000);
    expect(toStandingUnits(4 * 0x1_0003 + 1.5)).toBe(3);
  });
});
