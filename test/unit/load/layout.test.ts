import { expect, it } from 'vitest';
import { HISTOGRAM_CELLS } from '../../../src/load/histogram.ts';
import { COUNT_NAMES, DISTRIBUTION_NAMES, readCounts, sumCounts } from '../../../src/load/layout.ts';
import { loadLayout } from '../../../src/native/load-engine.ts';

it('is the one that the addon was built with', () => {
  expect(loadLayout()).toEqual({
    counts: COUNT_NAMES.length,
    distributions: DISTRIBUTION_NAMES.length,
    cells: HISTOGRAM_CELLS,
  });
});

it('reads counts by name and adds them up', () => {
  const words = Float64Array.from(COUNT_NAMES, (_, i) => i);
  expect(readCounts(sumCounts([words, words]))).toMatchObject({
    due: 0,
    sent: 2,
    stampsLost: 2 * COUNT_NAMES.length - 2,
  });
});
