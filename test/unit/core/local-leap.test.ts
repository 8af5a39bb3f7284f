import { describe, expect, it } from 'vitest';
import { LocalLeap } from '../../../src/core/local-leap.ts';

/** 2026-12-31 24:00 UTC. */
const MIDNIGHT = 4_007_750_400;
const table = (sign: number): { entries: { atSeconds: number; taiMinusUtc: number }[]; expirySeconds: number } => ({
  entries: [
    { atSeconds: MIDNIGHT - 1e8, taiMinusUtc: 37 },
    { atSeconds: MIDNIGHT, taiMinusUtc: 37 + sign },
  ],
  expirySeconds: MIDNIGHT + 1e7,
});

describe('leap seconds of a system clock that is served as it is', () => {
  it.each([
    [1, 1],
    [-1, 2],
  ])('are announced on their day by the list (%d)', (sign, indicator) => {
    const leap = new LocalLeap(table(sign));
    leap.update(MIDNIGHT - 90_000, 0, 0);
    expect([leap.sign, leap.eventSeconds, leap.indicator(MIDNIGHT - 90_000)]).toEqual([0, 0, 0]);
    leap.update(MIDNIGHT - 3600, 0, 0);
    expect([leap.sign, leap.eventSeconds, leap.indicator(MIDNIGHT - 3600)]).toEqual([sign, MIDNIGHT, indicator]);
    expect(leap.dueInSeconds(MIDNIGHT - 3600)).toBe(sign > 0 ? 3600 : 3599);
  });

  it('are done by what is served when nobody does them, until the clock is set by that second', () => {
    const leap = new LocalLeap(table(1));
    leap.update(MIDNIGHT - 1, 0, 0);
    expect([leap.shiftSeconds, leap.indicator(MIDNIGHT - 1)]).toEqual([0, 3]);
    leap.update(MIDNIGHT + 0.5, 0, 0);
    expect([leap.shiftSeconds, leap.sign, leap.indicator(MIDNIGHT + 0.5)]).toEqual([-1, 0, 3]);
    leap.update(MIDNIGHT + 100, 0, 0);
    expect([leap.shiftSeconds, leap.indicator(MIDNIGHT + 100)]).toEqual([-1, 0]);
    leap.update(MIDNIGHT + 200, -1.002, 0);
    expect(leap.shiftSeconds).toBe(0);
  });

  it.each([1, -1])('are left to the kernel where it does them (%d)', (sign) => {
    const leap = new LocalLeap(table(sign));
    leap.update(MIDNIGHT - 3, 0, 0);
    leap.update(MIDNIGHT + (sign > 0 ? -0.5 : 0.5), -sign, 0);
    expect([leap.shiftSeconds, leap.sign]).toEqual([0, 0]);
    leap.update(MIDNIGHT + 1.5, 0, 0);
    expect([leap.shiftSeconds, leap.indicator(MIDNIGHT + 1.5)]).toEqual([0, 0]);
  });

  it('without a list are believed of the kernel', () => {
    const leap = new LocalLeap(null);
    leap.update(MIDNIGHT - 3600, 0, 1);
    expect([leap.sign, leap.indicator(MIDNIGHT - 3600)]).toEqual([1, 1]);
    leap.update(MIDNIGHT - 3500, 0, 0);
    expect(leap.sign).toBe(0);
  });
});
