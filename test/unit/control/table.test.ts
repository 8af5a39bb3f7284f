import { describe, expect, it } from 'vitest';
import { formatSeconds, formatTable } from '../../../src/control/table.ts';

describe('quantities', () => {
  it.each([
    [0, '0 ns'],
    [2.7e-9, '3 ns'],
    [-3.189e-6, '-3.19 µs'],
    [12.34e-6, '12.3 µs'],
    [123.4e-6, '123 µs'],
    [0.0204, '20.4 ms'],
    [1.5, '1.50 s'],
    [-1000.4, '-1000 s'],
    [Number.POSITIVE_INFINITY, '-'],
    [Number.NaN, '-'],
  ])('%f s is %s', (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
  });

  it('have a sign where it matters', () => {
    expect(formatSeconds(1e-3, { signed: true })).toBe('+1.00 ms');
    expect(formatSeconds(-1e-3, { signed: true })).toBe('-1.00 ms');
  });
});

describe('tables', () => {
  it('align their columns', () => {
    expect(
      formatTable(
        ['name', 'n'],
        [
          ['a', '10'],
          ['long name', '7'],
        ],
      ),
    ).toBe('name        n\na          10\nlong name   7');
  });
});
