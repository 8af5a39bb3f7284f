import { getPriority } from 'node:os';
import { expect, test } from 'vitest';
import { giveWay, giveWayInV8, threads } from '../../../src/daemon/give-way.ts';

test("threads give way, V8's less, the one that serves not at all, and ones that are gone do not matter", () => {
  const others = threads().filter((thread) => thread !== process.pid);
  const before = getPriority();
  expect(others.length).toBeGreaterThan(0);
  giveWayInV8();
  expect(others.map(getPriority)).toEqual(others.map(() => Math.min(before + 10, 19)));
  giveWay([...others, 2 ** 30]);
  expect(others.map(getPriority)).toEqual(others.map(() => Math.min(before + 15, 19)));
  expect(getPriority()).toBe(before);
});
