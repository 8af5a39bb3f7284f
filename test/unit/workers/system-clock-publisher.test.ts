import { expect, test } from 'vitest';
import * as page from '../../../src/core/server/page.ts';
import { UNIX_EPOCH_NTP_SECONDS } from '../../../src/protocol/timestamp.ts';
import { SystemClockPublisher } from '../../../src/workers/system-clock-publisher.ts';
import { TimePage, unsynchronised } from '../../../src/workers/time-page.ts';

test('the served clock is the system clock, anchored now, running as CLOCK_MONOTONIC does', () => {
  const time = { ...unsynchronised(), rate: 1 };
  const target = new TimePage();
  const before = process.hrtime.bigint();
  new SystemClockPublisher(target).publish(time);
  const after = process.hrtime.bigint();
  const view = new DataView(target.memory);
  const int64 = (word: number): bigint => view.getBigInt64(4 * word, true);
  expect(int64(page.PAGE_ANCHOR_MONO_NS)).toBeGreaterThanOrEqual(before);
  expect(int64(page.PAGE_ANCHOR_MONO_NS)).toBeLessThanOrEqual(after);
  expect(int64(page.PAGE_PUBLISHED_MONO_NS)).toBe(int64(page.PAGE_ANCHOR_MONO_NS));
  expect(view.getFloat64(4 * page.PAGE_RATE, true)).toBe(0);
  // Anchor and mapping are of one reading: they name the same instant of CLOCK_REALTIME.
  const unixNs = int64(page.PAGE_ANCHOR_MONO_NS) + int64(page.PAGE_MAPPING_NS);
  const seconds = view.getUint32(4 * page.PAGE_ANCHOR_SECONDS, true) - UNIX_EPOCH_NTP_SECONDS;
  const fraction = view.getUint32(4 * page.PAGE_ANCHOR_FRACTION, true) / 2 ** 32;
  expect(Math.abs(Number(unixNs - BigInt(seconds) * 1_000_000_000n) - fraction * 1e9)).toBeLessThan(1000);
});

test('the mapping stays to the word, and the epoch with it, while nobody sets the clock', () => {
  const time = unsynchronised();
  const publisher = new SystemClockPublisher(new TimePage());
  publisher.publish(time);
  const { mappingNsLow, mappingNsHigh, epoch } = time;
  for (let i = 0; i < 100; i++) publisher.publish(time);
  expect(time).toMatchObject({ mappingNsLow, mappingNsHigh, epoch });
});
