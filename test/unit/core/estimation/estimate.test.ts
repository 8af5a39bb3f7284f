import { expect, test } from 'vitest';
import { narrowSigmaSeconds } from '../../../../src/core/estimation/estimate.ts';
import { blankEstimate } from '../../../support/estimates.ts';

test('σ without the tails is what it was before these widened it', () => {
  expect(narrowSigmaSeconds({ ...blankEstimate(), offsetSigmaSeconds: 3e-5, widening: 1.5 })).toBeCloseTo(2e-5, 12);
  expect(narrowSigmaSeconds({ ...blankEstimate(), offsetSigmaSeconds: 3e-5 })).toBe(3e-5);
});
