import { getPriority } from 'node:os';
import { expect, test } from 'vitest';
import { giveWay, threads } from '../../../src/daemon/give-way.ts';

test('threads give way, the one that serves does not, and ones that are gone do not matter', () => {
  const others = threads().filter((thread) => thread !== process.pid);
  expect(others.length).toBeGreaterThan(0);
  const before = getPriority();
  giveWay([...others, 2 ** 30]);
  expect(getPriority()).toBe(before);
  expect(others.map(getPriority)).toEqual(others.map(() => Math.min(before + 15, 19)));
});
