import { describe, expect, test } from 'vitest';
import { Contradiction } from '../../../../src/core/association/contradiction.ts';
import type { Estimate, SourceFilter } from '../../../../src/core/estimation/estimate.ts';

/** A filter that believes in one offset, whatever it is shown. */
function stubborn(offsetSeconds: number | null): SourceFilter {
  return {
    add: () => {},
    reset: () => {},
    predict: (_atLocal: number, out: Estimate) => {
      if (offsetSeconds === null) return false;
      out.offsetSeconds = offsetSeconds;
      return true;
    },
  };
}

const sample = { atLocal: 0, upSeconds: 0.01, downSeconds: 0.01, precisionSeconds: 1e-6, durationSeconds: 0.02 };

describe('a filter is disproved', () => {
  test('by three samples in a row that exclude what it believes', () => {
    const watch = new Contradiction();
    expect(watch.isDisproved(stubborn(0.05), sample)).toBe(false);
    expect(watch.isDisproved(stubborn(-0.05), sample)).toBe(false);
    expect(watch.isDisproved(stubborn(0.05), sample)).toBe(true);
    expect(watch.isDisproved(stubborn(0.05), sample)).toBe(false);
  });

  test('not by noise: within half a round trip of the limits, or now and then', () => {
    const watch = new Contradiction();
    for (let round = 0; round < 10; round++) {
      expect(watch.isDisproved(stubborn(0.015), sample)).toBe(false);
      expect(watch.isDisproved(stubborn(0.05), sample)).toBe(false);
      expect(watch.isDisproved(stubborn(0.05), sample)).toBe(false);
    }
  });

  test('never before it believes anything', () => {
    const watch = new Contradiction();
    for (let round = 0; round < 5; round++) expect(watch.isDisproved(stubborn(null), sample)).toBe(false);
  });
});
