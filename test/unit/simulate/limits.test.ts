import { describe, expect, it } from 'vitest';
import { missesOf } from '../../../src/simulate/limits.ts';
import { goodResult } from '../../support/node-result.ts';

const BARE = { boundCoverage: 1, uncoveredSeconds: 0 };

describe('missesOf', () => {
  it('is content with a node that keeps every limit', () => {
    const limits = { ...BARE, rmsOffset: 2e-6, sigma2: [0.93, 0.99] as [number, number], stepsMax: 1, packetsMax: 600 };
    expect(missesOf('a', limits, goodResult())).toEqual([]);
  });

  it('names the limit, what was wanted and what came', () => {
    const misses = missesOf('a', { ...BARE, maxOffset: 1e-6, synchronisedShare: [0, 0.5] }, goodResult());
    expect(misses).toEqual([
      { node: 'a', limit: 'max-offset', wanted: '≤ 0.000001', got: 3e-6 },
      { node: 'a', limit: 'synchronised-share', wanted: '0 … 0.5', got: 1 },
    ]);
  });

  it('misses when nothing was measured', () => {
    const result = goodResult();
    result.clock.rms = Number.NaN;
    expect(missesOf('a', { ...BARE, rmsOffset: 1 }, result)).toHaveLength(1);
  });

  it('wants the bound to hold without being asked, where there was one', () => {
    const result = goodResult();
    result.bound.coverage = 0.999;
    expect(missesOf('a', BARE, result).map(({ limit }) => limit)).toEqual(['bound-coverage']);
    result.synchronisedShare = 0;
    expect(missesOf('a', BARE, result)).toEqual([]);
  });

  it('lets a scenario say for how long no bound can hold', () => {
    const result = goodResult();
    result.bound = { coverage: 0.9, medianSeconds: 1e-4, uncoveredSecondsMax: 50 };
    expect(missesOf('a', { boundCoverage: 0.8, uncoveredSeconds: 60 }, result)).toEqual([]);
    expect(missesOf('a', { boundCoverage: 0.8, uncoveredSeconds: 40 }, result)).toHaveLength(1);
  });
});
