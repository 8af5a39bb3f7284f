import { expect, test } from 'vitest';
import { isUnsent, isZeroStamp, randomStamp, sameStamp } from '../../../../src/core/association/exchange.ts';
import { seededRandom } from '../../../support/coordinator-world.ts';

test('a random stamp fills both words and is never zero', () => {
  const random = seededRandom(1);
  const seen = new Set<number>();
  for (let i = 0; i < 1000; i++) {
    const stamp = randomStamp(random);
    expect(isZeroStamp(stamp)).toBe(false);
    expect(stamp.seconds).toBeGreaterThanOrEqual(0);
    expect(stamp.seconds).toBeLessThan(2 ** 32);
    expect(stamp.fraction).toBeLessThan(2 ** 32);
    seen.add(stamp.seconds);
  }
  expect(seen.size).toBeGreaterThan(990);
  expect(isZeroStamp(randomStamp(() => 0))).toBe(false);
});

test('stamps are the same only when both words are', () => {
  expect(sameStamp({ seconds: 1, fraction: 2 }, { seconds: 1, fraction: 2 })).toBe(true);
  expect(sameStamp({ seconds: 1, fraction: 2 }, { seconds: 1, fraction: 3 })).toBe(false);
  expect(sameStamp({ seconds: 1, fraction: 2 }, { seconds: 2, fraction: 2 })).toBe(false);
});

test('what this machine could not send is told from what the network refused', () => {
  expect(isUnsent('ENETUNREACH')).toBe(true);
  expect(isUnsent('ECONNREFUSED')).toBe(false);
});
