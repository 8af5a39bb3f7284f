import { describe, expect, it } from 'vitest';
import { HISTOGRAM_CELLS } from '../../../src/load/histogram.ts';
import { COUNT_NAMES, DISTRIBUTION_NAMES, SUMS_PER_DISTRIBUTION } from '../../../src/load/layout.ts';
import { judgeStep, mergeCounted } from '../../../src/load/step-result.ts';
import { stepOf, tallyOf } from '../../support/load-results.ts';

describe('a step', () => {
  it('tells answers and loss per request sent', () => {
    const step = stepOf(1000, 900);
    expect(step).toMatchObject({ valid: true, answersPerSecond: 900, sentPerSecond: 1000, loss: 0.1 });
  });

  it('counts unsynchronised replies as answers, and kisses neither as answers nor as loss', () => {
    const step = stepOf(1000, 1000, { answered: 700, unsynchronised: 200, kissed: 100, lost: 0 });
    expect(step).toMatchObject({ answersPerSecond: 900, loss: 0 });
  });

  it('is invalid when a request left later than a hundredth of its duration', () => {
    const tally = tallyOf(1000, 1000);
    tally.histograms.lateness.record(10.1e6);
    expect(judgeStep(tally, 1000, 1).invalidReasons).toEqual(['the generator was up to 10.1 ms late, limit 10.0 ms']);
    expect(judgeStep(tally, 1000, 2).valid).toBe(true);
  });

  it('is invalid when requests were refused or replies missed by the generator', () => {
    expect(stepOf(1000, 1000, { sendFailed: 2 }).invalidReasons).toEqual(['the interface refused 2 of 1000 requests']);
    expect(stepOf(1000, 1000, { ringDrops: 1 }).invalidReasons).toEqual(['the generator missed 1 replies']);
  });
});

describe('several generators', () => {
  it('are one: counts add up and distributions merge', () => {
    const part = (value: number) => {
      const counted = {
        counts: Float64Array.from(COUNT_NAMES, (_, i) => value + i),
        sums: new Float64Array(DISTRIBUTION_NAMES.length * SUMS_PER_DISTRIBUTION),
        cells: new Uint32Array(DISTRIBUTION_NAMES.length * 2 * HISTOGRAM_CELLS),
      };
      counted.cells[value] = 3;
      counted.sums.set([3, 3 * value, 3 * value * value, value, value]);
      return counted;
    };
    const { counts, histograms } = mergeCounted([part(100), part(200)]);
    expect(counts.due).toBe(300);
    expect(counts.sent).toBe(302);
    expect(histograms.latency.summary()).toMatchObject({ count: 6, mean: 150, min: 100, max: 200, p50: 100, p90: 200 });
    expect(histograms.residence.count).toBe(0);
  });
});
