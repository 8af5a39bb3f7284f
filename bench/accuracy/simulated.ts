/**
 * The filter beside chrony in the worlds of the published comparison.
 *
 *   node --import tsx bench/accuracy/simulated.ts [--seeds N] [--only NAME,NAME] [--json FILE]
 *
 * Medians of RMS, maximum and frequency error over the seeds; honesty over all their seconds pooled.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ServerFilter } from '../../src/core/estimation/filter.ts';
import { FURTHER_WORLDS, SCENARIOS, type Scenario } from '../../test/simulation/support/scenarios.ts';
import { runSingleClient, type Statistics, type World } from '../../test/simulation/support/single-client.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '7' },
    first: { type: 'string', default: '1' },
    only: { type: 'string' },
    json: { type: 'string' },
  },
});
const seeds = Number(values.seeds);
const first = Number(values.first);
const only = values.only?.split(',');

function median(numbers: number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] as number;
}

/** Mean of a share over runs of different length, weighted by their seconds. */
function pooled(runs: Statistics[], value: (run: Statistics) => number): number {
  const seconds = runs.reduce((sum, run) => sum + run.seconds, 0);
  return runs.reduce((sum, run) => sum + value(run) * run.seconds, 0) / seconds;
}

/** Empty where chrony was not measured. */
function ratio(value: number, other: number | undefined): number | string {
  return other ? +(value / other).toFixed(2) : '';
}

const rows: Record<string, string | number>[] = [];
for (const scenario of [...SCENARIOS, ...FURTHER_WORLDS] as (World & Partial<Scenario>)[]) {
  if (only && !only.includes(scenario.name)) continue;
  const started = process.cpuUsage();
  const runs: Statistics[] = [];
  for (let seed = first; seed < first + seeds; seed++) runs.push(runSingleClient(scenario, seed, new ServerFilter()));
  const cpu = process.cpuUsage(started);
  const rms = median(runs.map((run) => run.rmsOffset));
  const max = median(runs.map((run) => run.maxOffset));
  const frequency = median(runs.map((run) => run.rmsFrequency));
  rows.push({
    scenario: scenario.name,
    rmsMicro: +(rms * 1e6).toFixed(2),
    'rms/bar': ratio(rms, (scenario.chrony?.rmsOffset ?? Number.NaN) * (scenario.share ?? 1)),
    maxMicro: +(max * 1e6).toFixed(1),
    'max/chrony': ratio(max, scenario.chrony?.maxOffset),
    freqPpm: +(frequency * 1e6).toFixed(4),
    'freq/chrony': ratio(frequency, scenario.chrony?.rmsFrequency),
    worstMicro: +(Math.max(...runs.map((run) => run.rmsOffset)) * 1e6).toFixed(1),
    in2: +(100 * pooled(runs, (run) => run.within2)).toFixed(2),
    in4: +(100 * pooled(runs, (run) => run.within4)).toFixed(3),
    normalised: +Math.sqrt(pooled(runs, (run) => run.rmsNormalised ** 2)).toFixed(2),
    beyond4: Math.max(...runs.map((run) => run.longestExcursionSeconds)),
    samples: median(runs.map((run) => run.samples)),
    msPerRun: Math.round((cpu.user + cpu.system) / 1000 / seeds),
  });
}
console.table(rows);
if (values.json) writeFileSync(values.json, `${JSON.stringify({ seeds, first, rows }, null, 2)}\n`);
