import { describe, expect, it } from 'vitest';
import { describeResult, formatResults, jsonResult } from '../../../src/control/query-report.ts';
import { bestSample, offsetJitterSeconds, type QueryResult, type QuerySample } from '../../../src/control/query-run.ts';

function sample(offsetSeconds: number, delaySeconds: number, change: Partial<QuerySample> = {}): QuerySample {
  return {
    offsetSeconds,
    delaySeconds,
    dispersionSeconds: 1e-6,
    residenceSeconds: 1e-5,
    reply: {
      leap: 0,
      version: 4,
      stratum: 2,
      pollLog2: 6,
      precisionLog2: -24,
      rootDelaySeconds: 0.002,
      rootDispersionSeconds: 0.001,
      refid: 0xc0000201,
      rec: { seconds: 1, fraction: 0 },
      xmt: { seconds: 1, fraction: 0 },
    },
    transmitStamp: 'kernel',
    receiveStamp: 'kernel',
    ...change,
  };
}

function result(change: Partial<QueryResult> = {}): QueryResult {
  const target = { name: 'ntp.example', target: { address: '192.0.2.9', port: 123 } };
  return { target, sent: 4, samples: [], kiss: null, error: null, ...change };
}

describe('the sample to believe', () => {
  it('has the shortest trip among those with the best stamps', () => {
    const samples = [
      sample(1, 0.001, { transmitStamp: 'daemon' }),
      sample(2, 0.004),
      sample(3, 0.003),
      sample(4, 0.002, { receiveStamp: 'daemon' }),
    ];
    expect(bestSample(samples)?.offsetSeconds).toBe(3);
    expect(bestSample([])).toBeNull();
  });

  it('is what jitter is measured around', () => {
    const best = sample(1, 0.001);
    expect(offsetJitterSeconds([best, sample(1.3, 1), sample(0.6, 1)], best)).toBeCloseTo(Math.sqrt(0.25 / 2), 12);
    expect(offsetJitterSeconds([best], best)).toBe(0);
  });
});

describe('a report', () => {
  it('has a row per server', () => {
    const table = formatResults([result({ samples: [sample(12.3e-6, 0.02)] })]);
    expect(table.split('\n')[1]).toMatch(
      /^ntp\.example +\+12\.3 µs +20\.0 ms .* 192\.0\.2\.1 +none +4 +kernel\/kernel +1\/4$/,
    );
  });

  it('explains what did not go well', () => {
    expect(describeResult(result())).toEqual([
      expect.stringContaining('no answer: no reply came; asked 192.0.2.9 port 123 4 times'),
    ]);
    expect(describeResult(result({ error: 'ECONNREFUSED', sent: 1 }))[0]).toContain('nothing listens on that port');
    expect(describeResult(result({ error: 'EINVAL' }))[0]).toContain('needs its interface, as in [fe80::1%eth0]');
    expect(describeResult(result({ error: 'EWHATEVER' }))[0]).toContain('EWHATEVER');
    expect(describeResult(result({ kiss: 'RATE', sent: 2 }))).toEqual([
      expect.stringContaining('RATE: rate limit exceeded'),
    ]);
    const unsynchronised = sample(0, 0);
    const reply = { ...unsynchronised.reply, leap: 3 };
    expect(describeResult(result({ samples: [{ ...unsynchronised, reply }] }))[0]).toContain('not synchronised');
    expect(describeResult(result({ samples: [sample(0, 0)] }))).toEqual([]);
  });

  it('has everything in JSON, with the largest possible error', () => {
    const json = JSON.parse(JSON.stringify(jsonResult(result({ samples: [sample(1e-6, 0.004)] }))));
    expect(json).toMatchObject({ server: 'ntp.example', address: '192.0.2.9', received: 1, kiss: null, error: null });
    expect(json.result).toMatchObject({ offsetSeconds: 1e-6, refid: '192.0.2.1', leapText: 'none' });
    expect(json.result.maximumErrorSeconds).toBeCloseTo(0.003 + 1e-6 + 0.001, 12);
    expect(JSON.parse(JSON.stringify(jsonResult(result({ kiss: 'DENY' }))))).toMatchObject({
      kiss: { code: 'DENY' },
      error: null,
    });
    expect(JSON.parse(JSON.stringify(jsonResult(result())))).toMatchObject({ error: 'no-answer', result: null });
  });
});
