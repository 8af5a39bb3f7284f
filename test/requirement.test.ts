import { expect, test } from 'vitest';
import { judge } from './support/requirement.ts';

const MISSING = 'no-such-program-anywhere';

test('what is there runs, in CI and elsewhere', async () => {
  for (const ci of [false, true]) expect(await judge({ commands: ['node'] }, { root: false, ci })).toBe('run');
});

test('a missing program is a reason to skip, and in CI a failure that names it', async () => {
  const needs = { commands: ['node', MISSING] };
  const reason = `the command ${MISSING} is missing`;
  expect(await judge(needs, { root: true, ci: false })).toEqual({ skip: reason });
  expect(await judge(needs, { root: true, ci: true })).toEqual({ fail: reason });
});

test('without root what needs it is skipped, in CI as well, which runs it as root, too', async () => {
  for (const ci of [false, true]) {
    expect(await judge({ root: true, commands: [MISSING] }, { root: false, ci })).toEqual({ skip: 'needs root' });
  }
});
