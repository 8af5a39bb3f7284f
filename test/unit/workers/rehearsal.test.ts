import { readdirSync, readlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compileAccess } from '../../../src/core/server/access.ts';
import { DEFAULT_POLICY } from '../../../src/core/server/listener-policy.ts';
import { DEFAULT_RATE_LIMITS } from '../../../src/core/server/rate-limit.ts';
import rehearse from '../../../src/workers/rehearsal.ts';
import { SystemClockPublisher } from '../../../src/workers/system-clock-publisher.ts';
import { TimePage, unsynchronised } from '../../../src/workers/time-page.ts';

function publishedPage(): SharedArrayBuffer {
  const page = new TimePage();
  new SystemClockPublisher(page).publish(unsynchronised());
  return page.memory;
}

test('a rehearsal answers all that it asks, whatever the lists and limits of the listeners are', () => {
  const page = publishedPage();
  const plain = rehearse({ page, listeners: [DEFAULT_POLICY] });
  expect(plain).toBeGreaterThan(10_000);
  const limited = { ...DEFAULT_POLICY, limits: DEFAULT_RATE_LIMITS };
  expect(rehearse({ page, listeners: [limited, DEFAULT_POLICY] })).toBe(plain);
  const nobody = { ...DEFAULT_POLICY, access: compileAccess({ filter: [], action: 'ignore' }, null) };
  expect(rehearse({ page, listeners: [nobody] })).toBe(plain / 2);
});

/** Events to wake by that this process has open. */
function wakeEvents(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).includes('[eventfd]');
    } catch {
      return false; // the listing itself
    }
  }).length;
}

test('a rehearsal that fails leaves nothing to wake', () => {
  const page = publishedPage();
  const before = wakeEvents();
  expect(() => rehearse({ page, listeners: [null as never] })).toThrow();
  expect(wakeEvents()).toBe(before);
});
