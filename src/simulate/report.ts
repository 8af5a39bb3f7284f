import { type Miss, missesOf } from './limits.ts';
import type { NodeResult } from './record.ts';
import type { Scenario } from './scenario.ts';
import type { SimulationResult } from './simulation.ts';
import { medianOf } from './statistics.ts';

/** Medians over the seeds of one node's figures, and what it missed of its limits (judged on the medians). */
export interface NodeReport {
  node: string;
  result: NodeResult;
  misses: Miss[];
}

/** One report per node, in the scenario's order. */
export function reportOf(scenario: Scenario, runs: readonly SimulationResult[]): NodeReport[] {
  return scenario.node.map(({ name }) => {
    const result = medianResult(runs.map((run) => run.nodes[name] as NodeResult));
    const limits = scenario.limits[name];
    return { node: name, result, misses: limits === undefined ? [] : missesOf(name, limits, result) };
  });
}

/**
 * Medians figure by figure; but of what must never fail (the bound's coverage, its longest failure, σ's longest
 * excursion) the worst.
 */
export function medianResult(results: readonly NodeResult[]): NodeResult {
  const first = results[0];
  if (first === undefined) throw new RangeError('no results');
  const median = mapNumbers(first, results, medianOf);
  median.bound.coverage = Math.min(...results.map(({ bound }) => bound.coverage));
  median.bound.uncoveredSecondsMax = Math.max(...results.map(({ bound }) => bound.uncoveredSecondsMax));
  median.sigma.excursionSecondsMax = Math.max(...results.map(({ sigma }) => sigma.excursionSecondsMax));
  return median;
}

function mapNumbers<T extends object>(shape: T, all: readonly T[], merge: (values: number[]) => number): T {
  const entries = Object.keys(shape).map((key) => {
    const values = all.map((one) => one[key as keyof T]);
    const merged =
      typeof values[0] === 'number'
        ? merge(values as number[])
        : mapNumbers(values[0] as object, values as object[], merge);
    return [key, merged];
  });
  return Object.fromEntries(entries) as T;
}

/** The report as a table for people. */
export function formatReport(scenario: Scenario, seeds: readonly number[], reports: readonly NodeReport[]): string {
  const lines = [
    scenario.description,
    `${scenario.duration} s, statistics from ${scenario.settle} s, ${seeds.length === 1 ? `seed ${seeds[0]}` : `medians of seeds ${seeds[0]}…${seeds.at(-1)}`}`,
  ];
  for (const { node, result, misses } of reports) {
    const { clock, served, frequencyPpm, bound, sigma } = result;
    lines.push(
      '',
      `${node}: ${describeStart(result)}, synchronised ${percent(result.synchronisedShare)}, ${result.packets} packets (one in ${result.pollSeconds.toFixed(1)} s per source), ${result.steps} steps${result.ends > 0 ? ', ended itself over a panic threshold' : ''}`,
      `  clock      RMS ${duration(clock.rms)}  max ${duration(clock.max)}  median ${duration(clock.p50)}  95 % ${duration(clock.p95)}  99 % ${duration(clock.p99)}`,
      `  served     RMS ${duration(served.rms)}  max ${duration(served.max)}  mean ${duration(served.mean)}`,
      `  frequency  RMS ${ppm(frequencyPpm.rms)}  max ${ppm(frequencyPpm.max)}  median ${ppm(frequencyPpm.p50)}  95 % ${ppm(frequencyPpm.p95)}  99 % ${ppm(frequencyPpm.p99)}`,
      `  bound      held ${percent(bound.coverage)} (longest failure ${bound.uncoveredSecondsMax} s), median ${duration(bound.medianSeconds)}`,
      `  sigma      ≤ 2σ ${percent(sigma.within2)}  ≤ 4σ ${percent(sigma.within4)}  RMS(error/σ) ${Number.isNaN(sigma.rmsRatio) ? '–' : sigma.rmsRatio.toFixed(2)}  longest excursion ${sigma.excursionSecondsMax} s`,
    );
    for (const { limit, wanted, got } of misses)
      lines.push(`  LIMIT      ${limit}: ${got.toPrecision(4)}, wanted ${wanted}`);
  }
  return lines.join('\n');
}

function describeStart({ firstEstimateSeconds, timeToSyncSeconds }: NodeResult): string {
  if (!Number.isFinite(firstEstimateSeconds)) return 'never set';
  const first = `first set after ${firstEstimateSeconds.toFixed(0)} s`;
  return Number.isFinite(timeToSyncSeconds) ? `${first}, within 1 ms from ${timeToSyncSeconds.toFixed(0)} s on` : first;
}

function percent(share: number): string {
  return Number.isNaN(share) ? '–' : `${(100 * share).toFixed(share > 0.999 && share < 1 ? 3 : 1)} %`;
}

function ppm(value: number): string {
  return Number.isNaN(value) ? '–' : `${value.toFixed(4)} ppm`;
}

function duration(seconds: number): string {
  const size = Math.abs(seconds);
  if (Number.isNaN(size)) return '–';
  if (size < 1e-6) return `${(seconds * 1e9).toFixed(1)} ns`;
  if (size < 1e-3) return `${(seconds * 1e6).toFixed(2)} µs`;
  return size < 1 ? `${(seconds * 1e3).toFixed(3)} ms` : `${seconds.toFixed(3)} s`;
}
