import { expect, it } from 'vitest';
import { parseScenario } from '../../../src/simulate/load-scenario.ts';
import { formatReport, medianResult, reportOf } from '../../../src/simulate/report.ts';
import { goodResult } from '../../support/node-result.ts';

it('takes medians, but the worst of what must never fail', () => {
  const results = [1, 2, 9].map((factor) => {
    const result = goodResult();
    result.clock.rms *= factor;
    result.bound.coverage = 1 - factor / 1000;
    result.bound.uncoveredSecondsMax = factor;
    return result;
  });
  const median = medianResult(results);
  expect(median.clock.rms).toBe(2e-6);
  expect(median.bound.coverage).toBe(1 - 9 / 1000);
  expect(median.bound.uncoveredSecondsMax).toBe(9);
});

it('prints the figures and the limits that were missed', () => {
  const text = 'description = "x"\nduration = 10\n[[node]]\nname = "a"\n[limits.a]\nmax-offset = 1e-6\n';
  const scenario = parseScenario(text, 'x.toml');
  const reports = reportOf(scenario, [{ seed: 3, nodes: { a: goodResult() } }]);
  const printed = formatReport(scenario, [3], reports);
  expect(printed).toContain('clock      RMS 1.00 µs  max 3.00 µs');
  expect(printed).toContain('LIMIT      max-offset: 0.000003000, wanted ≤ 0.000001');
  expect(printed).toContain('seed 3');
});
