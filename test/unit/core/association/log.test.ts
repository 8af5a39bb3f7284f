import { expect, test } from 'vitest';
import type { Association } from '../../../../src/core/association/association.ts';
import { describeMeasurement, describeStatistics } from '../../../../src/core/association/log.ts';
import { emptyReply } from '../../../../src/core/association/reply.ts';
import { ServerFilter } from '../../../../src/core/estimation/filter.ts';

const filter = new ServerFilter();
const one = { address: '192.0.2.1', poll: { pollLog2: 5 }, filter } as unknown as Association;
const sample = { atLocal: 100, upSeconds: 0.03, downSeconds: 0.01, precisionSeconds: 1e-6, durationSeconds: 2 };

test('a measurement is told as RFC 5905 speaks of it: offset, delay, dispersion', () => {
  const reply = { ...emptyReply(), stratum: 2, pollLog2: 6, rootDelaySeconds: 0.25, refid: 0x7f00_0001 };
  const told = describeMeasurement(one, reply, sample, true);
  expect(told).toMatchObject({
    address: '192.0.2.1',
    atLocal: 100,
    pollLog2: 5,
    remotePollLog2: 6,
    stratum: 2,
    rootDelaySeconds: 0.25,
    refid: 0x7f00_0001,
    interleaved: true,
  });
  expect(told.offsetSeconds).toBeCloseTo(0.01, 12);
  expect(told.delaySeconds).toBeCloseTo(0.04, 12);
  expect(told.dispersionSeconds).toBeCloseTo(1e-6 + 2 * 15e-6, 12);
});

test('there is nothing to tell of a filter without a sample, and then its belief, frequencies in ppm', () => {
  expect(describeStatistics(one, 100)).toBeNull();
  for (let i = 0; i < 10; i++) filter.add({ ...sample, atLocal: 100 + 16 * i });
  const told = describeStatistics(one, 250);
  expect(told).toMatchObject({ kind: 'statistics', address: '192.0.2.1', atLocal: 250 });
  expect(told?.offsetSeconds).toBeCloseTo(0.01, 3);
  expect(Math.abs(told?.frequencyPpm as number)).toBeLessThan(100);
  expect(told?.frequencySigmaPpm).toBeGreaterThan(1e-6);
});
