import { describe, expect, test } from 'vitest';
import { covers, intersect, outside } from '../../../../src/core/selection/intersect.ts';
import { candidate } from '../../../support/candidates.ts';

describe('the intersection', () => {
  test('of one source is its interval', () => {
    const found = intersect([candidate('a', 1, 0.5)], null);
    expect(found).toEqual({
      count: 1,
      region: { lowSeconds: 0.5, highSeconds: 1.5 },
      majority: { lowSeconds: 0.5, highSeconds: 1.5 },
    });
  });

  test('is where most intervals overlap', () => {
    const { count, region } = intersect([candidate('a', 0, 1), candidate('b', 0.5, 1), candidate('c', 10, 1)], null);
    expect(count).toBe(2);
    expect(region).toEqual({ lowSeconds: -0.5, highSeconds: 1 });
  });

  test('counts intervals that only touch', () => {
    expect(intersect([candidate('a', 0, 1), candidate('b', 2, 1)], null)).toMatchObject({
      count: 2,
      region: { lowSeconds: 1, highSeconds: 1 },
    });
  });

  test('has no majority when two sources disagree', () => {
    expect(intersect([candidate('a', 0, 1), candidate('b', 5, 1)], null)).toMatchObject({ count: 1, majority: null });
  });

  test('keeps the region that the clock is in when two are shared by equally many', () => {
    const chain = [candidate('a', 0, 1), candidate('b', 1.5, 1), candidate('c', 3, 1)];
    expect(intersect(chain, 0.9).region).toEqual({ lowSeconds: 0.5, highSeconds: 1 });
    expect(intersect(chain, 2.1).region).toEqual({ lowSeconds: 2, highSeconds: 2.5 });
  });

  test('bounds the time by whatever any majority allows, a liar in it or not', () => {
    // The truth is 0: a and b know it, c overlaps them only in part.
    const found = intersect([candidate('a', 0, 1), candidate('b', 0.2, 1), candidate('c', 1.5, 1)], null);
    expect(found.region.lowSeconds).toBeCloseTo(0.5, 12);
    expect(found.majority?.lowSeconds).toBeCloseTo(-0.8, 12);
    expect(found.majority?.highSeconds).toBeCloseTo(1.2, 12);
  });
});

test('covering and being outside', () => {
  const region = { lowSeconds: 0, highSeconds: 1 };
  expect(covers(candidate('a', 0.5, 0.5), region)).toBe(true);
  expect(covers(candidate('a', 0.6, 0.5), region)).toBe(false);
  expect(outside(region, 0.5)).toBe(0);
  expect(outside(region, -2)).toBe(2);
  expect(outside(region, 3)).toBe(2);
});
