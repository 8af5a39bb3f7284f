import { describe, expect, it } from 'vitest';
import { CounterReporter } from '../../../src/daemon/counter-report.ts';
import { allocateCounters, readCounters } from '../../../src/workers/counters.ts';

describe('counters in the log', () => {
  it('are a line each for what grew since the last time, and silence otherwise', () => {
    const reporter = new CounterReporter();
    const counters = readCounters(allocateCounters(1), 0);
    expect(reporter.report(counters)).toEqual([]);
    counters.kernelDrops = 5;
    counters.received = 1000;
    expect(reporter.report(counters)).toEqual([expect.objectContaining({ counter: 'kernelDrops', count: 5 })]);
    expect(reporter.report(counters)).toEqual([]);
    counters.kernelDrops = 7;
    counters.sendNoBuffer = 1;
    expect(reporter.report(counters).map(({ counter, count }) => [counter, count])).toEqual([
      ['kernelDrops', 2],
      ['sendNoBuffer', 1],
    ]);
  });
});
