import { expect, test } from 'vitest';
import { PHI, unsynchronisedVariables } from '../../../src/core/system-variables.ts';

test('a clock that follows nothing says so, and its error grows as RFC 5905 assumes', () => {
  expect(unsynchronisedVariables()).toMatchObject({ leap: 3, stratum: 16, refid: 0, dispersionRate: PHI, leapSign: 0 });
  expect(PHI).toBe(15e-6);
});

test('each coordinator has variables of its own', () => {
  const first = unsynchronisedVariables();
  first.line.offsetSeconds = 1;
  expect(unsynchronisedVariables().line.offsetSeconds).toBe(0);
});
