import { expect, test } from 'vitest';
import type { Association } from '../../../../src/core/association/association.ts';
import { describeMeasurement, describeStatistics } from '../../../../src/core/association/log.ts';
import { emptyReply } from '../../../../src/core/association/reply.ts';
import type { StatisticsOutput } from '../../../../src/core/coordinator-output.ts';
import { ServerFilter } from '../../../../src/core/estimation/filter.ts';

const filter = new ServerFilter();
const one = {
  address: '192.0.2.1',
  poll: { pollLog2: 5, score: 0.9 },
  filter,
  options: { asymmetry: 0.1 },
  samplesUsed: 10,
} as unknown as Association;
const sample = { atLocal: 100, upSeconds: 0.03, downSeconds: 0.01, precisionSeconds: 1e-6, durationSeconds: 2 };

test('a measurement is told as RFC 5905 speaks of it: offset, delay, dispersion', () => {
  const reply = { ...emptyReply(), stratum: 2, pollLog2: 6, rootDelaySeconds: 0.25, refid: 0x7f00_0001 };
  const told = describeMeasurement(one, reply, sample, true, { transmitStamp: 'kernel', receiveStamp: 'daemon' });
  expect(told).toMatchObject({
    address: '192.0.2.1',
    atLocal: 100,
    pollLog2: 5,
    pollScore: 0.9,
    transmitStamp: 'kernel',
    receiveStamp: 'daemon',
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
  expect(describeStatistics(one, 100, null)).toBeNull();
  for (let i = 0; i < 10; i++) filter.add({ ...sample, atLocal: 100 + 16 * i });
  const told = describeStatistics(one, 250, null);
  expect(told).toMatchObject({
    kind: 'statistics',
    address: '192.0.2.1',
    atLocal: 250,
    samples: 10,
    asymmetry: 0.1,
    stress: null,
  });
  expect(told?.offsetSeconds).toBeCloseTo(0.01, 3);
  expect(Math.abs(told?.frequencyPpm as number)).toBeLessThan(100);
  expect(told?.frequencySigmaPpm).toBeGreaterThan(1e-6);
  const before = {
    ...(told as StatisticsOutput),
    frequencyPpm: (told?.frequencyPpm as number) + 6,
    frequencySigmaPpm: 2,
  };
  expect(describeStatistics(one, 250, before)?.stress).toBeCloseTo(3, 9);
});
