import { expect, test } from 'vitest';
import { formatPpm, formatSeconds } from '../../../src/core/format.ts';

test('a time has the unit that fits it', () => {
  expect(formatSeconds(1.5)).toBe('1.500 s');
  expect(formatSeconds(-0.0123)).toBe('-12.300 ms');
  expect(formatSeconds(4.5e-6)).toBe('4.500 µs');
  expect(formatSeconds(0)).toBe('0.000 µs');
  expect(formatSeconds(Number.POSITIVE_INFINITY)).toBe('Infinity s');
});

test('a frequency is in ppm', () => {
  expect(formatPpm(-1.25e-5)).toBe('-12.500 ppm');
});
