import { expect, test } from 'vitest';
import { isAnswer, noVerdicts, VERDICTS } from '../../../../src/core/association/verdict.ts';

test('forged, stray and refusing datagrams are no answers; wrong time is one', () => {
  const silent = VERDICTS.filter((verdict) => !isAnswer(verdict));
  expect(silent).toEqual([
    'malformed',
    'wrong-address',
    'wrong-mode',
    'late',
    'duplicate',
    'bogus',
    'zero-stamp',
    'forged',
    'kiss-ntsn',
    'kiss-rate',
    'kiss-deny',
    'kiss-other',
  ]);
  expect(isAnswer('unsynchronised')).toBe(true);
  expect(isAnswer('used')).toBe(true);
});

test('there is a counter for each', () => {
  expect(Object.keys(noVerdicts())).toEqual([...VERDICTS]);
});
