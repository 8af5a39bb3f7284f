import { expect, test } from 'vitest';
import { rootDistance, UNFIT_REASONS } from '../../../../src/core/selection/candidate.ts';
import { candidate } from '../../../support/candidates.ts';

test('the root distance is the larger side of an interval that need not lie around the offset', () => {
  expect(rootDistance(candidate('a', 0.5, 0.1))).toBeCloseTo(0.1, 12);
  expect(rootDistance(candidate('a', 0, 0, { lowSeconds: -0.3, highSeconds: 0.1 }))).toBeCloseTo(0.3, 12);
  expect(rootDistance(candidate('a', 0, 0, { lowSeconds: -0.1, highSeconds: 0.4 }))).toBeCloseTo(0.4, 12);
});

test('each reason stands in the list once', () => {
  expect(new Set(UNFIT_REASONS).size).toBe(UNFIT_REASONS.length);
});
