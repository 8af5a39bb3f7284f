import { describe, expect, it } from 'vitest';
import { formatDuration, formatStatus } from '../../../src/control/status-report.ts';
import type { DaemonStatus } from '../../../src/daemon/status.ts';
import { allocateCounters, readCounters } from '../../../src/workers/counters.ts';

const COUNTERS = {
  ...readCounters(allocateCounters(1), 0),
  ...{ received: 12, answered: 10, interleaved: 9, txKeptKernel: 5, txKeptDaemon: 4 },
};

const STATUS: DaemonStatus = {
  version: '1.2.3',
  pid: 42,
  uptimeSeconds: 3700,
  served: {
    leap: 0,
    stratum: 3,
    refid: '192.0.2.1',
    rootDelaySeconds: 0.002,
    rootDispersionSeconds: 0.001,
    precisionLog2: -25,
  },
  server: { listeners: ['[::]:123'], workers: 2, workersLost: 1, counters: COUNTERS },
  synchronization: {
    clock: {
      state: 'synchronised',
      reason: '2 of 3 agree',
      leap: 0,
      stratum: 3,
      refid: 1,
      systemPeer: '192.0.2.1',
      frequencyPpm: -12.3456,
      frequencySigmaPpm: 0.01,
      correctionSeconds: 1.5e-6,
      estimatedErrorSeconds: 2e-6,
      maximumErrorSeconds: 0.002,
      rootDelaySeconds: 0.002,
      rootDispersionSeconds: 0.001,
      agreeingMissing: 0,
      lastUpdateAgoSeconds: 5,
      steps: 1,
      accumulatedStepSeconds: 0,
      leapEventSeconds: 0,
      leapSign: 0,
    },
    sources: [
      {
        name: 'ntp.example',
        address: '192.0.2.1',
        port: 123,
        mode: 'server',
        state: 'system-peer',
        reason: 'reference',
        online: true,
        reach: 0o377,
        pollLog2: 6,
        stratum: 2,
        leap: 0,
        refid: 1,
        interleaved: false,
        authenticated: false,
        lastSampleAgoSeconds: 20,
        offsetSeconds: -3e-6,
        offsetSigmaSeconds: 1e-6,
        delaySeconds: 0.01,
        jitterSeconds: null,
        frequencyPpm: null,
        rootDistanceSeconds: 0.01,
        rootDelaySeconds: 0,
        rootDispersionSeconds: 0,
        counters: {},
      },
    ],
    unresolved: [{ name: 'gone.example', reason: 'the name does not exist' }],
    actions: [{ atLocal: 1, message: 'stepped forward by 1.000 s' }],
  },
};

describe('the status for people', () => {
  it('shows clock, server, sources and reasons', () => {
    const text = formatStatus(STATUS);
    for (const part of [
      'ntpd-ts 1.2.3, process 42, up 1 h 1 min',
      'clock     synchronised: 2 of 3 agree',
      'frequency -12.346 ± 0.010 ppm',
      'error     about 2.00 µs, at most 2.00 ms',
      'serves    stratum 3, 192.0.2.1',
      '2 workers (1 lost and replaced)',
      '12 received, 10 answered',
      '9 interleaved answers; kept for the next: 0 of cards, 5 of the kernel, 4 of our own',
      '192.0.2.1: reference',
      'gone.example: no address: the name does not exist',
      'stepped forward',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).toMatch(/ntp\.example 192\.0\.2\.1 +system-peer +2 +377 +64 s +20 s +-3\.00 µs/);
  });

  it('says how many agreeing sources are missing', () => {
    const synchronization = STATUS.synchronization as NonNullable<DaemonStatus['synchronization']>;
    const clock = { ...synchronization.clock, agreeingMissing: 2 };
    expect(formatStatus({ ...STATUS, synchronization: { ...synchronization, clock } })).toContain(
      'missing   2 more agreeing sources',
    );
  });

  it('shows a server without sources', () => {
    const served = { ...STATUS.served, stratum: 16, leap: 3 };
    const text = formatStatus({
      ...STATUS,
      served,
      synchronization: null,
      server: { ...STATUS.server, counters: null },
    });
    expect(text).toContain('serves    unsynchronised');
    expect(text).toContain('listens   nowhere');
  });
});

describe('durations', () => {
  it.each([
    [0, '0 s'],
    [59.6, '1 min'],
    [61, '1 min 1 s'],
    [3600, '1 h'],
    [90_000, '1 d 1 h'],
    [86_400 + 5, '1 d'],
  ])('%f s is %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});
