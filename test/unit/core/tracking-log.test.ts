import { expect, test } from 'vitest';
import { select } from '../../../src/core/selection/select.ts';
import { describeTracking } from '../../../src/core/tracking-log.ts';
import { Truth } from '../../../src/core/truth.ts';
import { candidate } from '../../support/candidates.ts';

test('an update of the clock is told with its reference, frequencies in ppm, and how wrong it leaves the clock', () => {
  const truth = new Truth({ seconds: 4_004_510_400, fraction: 0 }, 1e-6);
  const source = { frequency: 2e-6, frequencySigma: 1e-8, rootDelaySeconds: 0.25, stratum: 2 };
  const { chosen } = select([candidate('a', 0.5, 0.01, source)], 1, {
    anchorSeconds: null,
    survivors: new Set(),
    systemPeer: null,
  });
  if (chosen === null) throw new Error('nothing was chosen');
  truth.synchronise(100, chosen, { atLocal: 100, offsetSeconds: 0.5, frequency: 2e-6 });
  const correction = { offsetSeconds: 0.3, remainingSeconds: 0.2, correctionSeconds: 0.5 };
  const told = describeTracking(100, chosen, truth, correction);
  expect(told).toMatchObject({ kind: 'tracking', atLocal: 100, address: 'a', stratum: 3, sourcesCombined: 1 });
  expect(told).toMatchObject(correction);
  expect(told.frequencyPpm).toBeCloseTo(2, 9);
  expect(told.frequencySigmaPpm).toBeCloseTo(0.01, 9);
  expect(told.rootDelaySeconds).toBeCloseTo(0.26, 9);
  expect(told.maximumErrorSeconds).toBe(truth.maximumErrorAt(100));
});
