import { describe, expect, it } from 'vitest';
import {
  formatNs,
  formatShare,
  oddities,
  overloadLine,
  progressLine,
  searchLine,
  tableHeading,
  tableRow,
} from '../../../src/load/terminal.ts';
import { someCounts, stepOf } from '../../support/load-results.ts';

describe('the table', () => {
  it('shows a step in columns under their headings', () => {
    const row = tableRow(stepOf(20_000, 19_980));
    expect(row.length).toBe(tableHeading().length);
    expect(row).toContain('20,000');
    expect(row).toContain('19,980');
    expect(row).toContain('0.100 %');
  });

  it('says under a step why it is invalid, and what was odd about its replies', () => {
    const row = tableRow(stepOf(1000, 1000, { ringDrops: 4, kissRate: 3, duplicate: 1 }));
    expect(row).toContain('INVALID: the generator missed 4 replies');
    expect(row).toContain('replies: 1 duplicate, 3 kisses RATE');
    expect(oddities(someCounts({}))).toEqual([]);
  });

  it('gives units that fit', () => {
    expect([12, 1234, 5.678e6, 2e9, -1500].map(formatNs)).toEqual([
      '12 ns',
      '1.23 µs',
      '5.68 ms',
      '2.00 s',
      '-1.50 µs',
    ]);
    expect([0, 0.00123, 0.5].map(formatShare)).toEqual(['0.000 %', '0.123 %', '50.0 %']);
  });

  it('tells progress, a search and overload in a line each', () => {
    expect(progressLine(1000, 1, someCounts({ due: 500, sent: 500, answered: 490, lost: 3 }))).toMatch(
      /^█{10}░{10} 1,000\/s: sent 500, answered 490, open 7$/,
    );
    expect(searchLine({ rate: 243_000, answersPerSecond: 242_900, limitedBy: 'generator' })).toMatch(/beyond this/);
    expect(overloadLine({ factor: 2, rate: 486_000, answersPerSecond: 240_000 })).toContain('at 2 × (486,000/s)');
  });
});
