/**
 * The whole coordinator beside chrony in the worlds of the published comparison: same oscillators, delays and polls.
 *
 *   npm run bench:worlds -- [--seeds 7] [--first 1] [--only NAME,NAME] [--short]
 *
 * Prints medians over the seeds of RMS, largest and RMS frequency error as ratios to chrony's, and the honesty of σ
 * pooled over all seconds of all seeds. Exits 1 when a bar is missed.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { daemonAgent } from '../../src/simulate/daemon-agent.ts';
import { loadScenario } from '../../src/simulate/load-scenario.ts';
import type { NodeResult } from '../../src/simulate/record.ts';
import { simulate } from '../../src/simulate/simulation.ts';
import { medianOf } from '../../src/simulate/statistics.ts';
import { describeMachine } from '../frame/machine.ts';
import { writeResult } from '../frame/results.ts';

/** chrony in clknetsim: medians of 7 seeds. Offsets in µs, frequency in ppm, the bar for our RMS as a share of its. */
const CHRONY = {
  poll6: { rms: 21.0, max: 79, frequency: 0.106, share: 0.65, intervalSeconds: 64 },
  'lan-poll4': { rms: 2.56, max: 7.1, frequency: 0.048, share: 0.65, intervalSeconds: 16 },
  wander8: { rms: 58.7, max: 206, frequency: 0.64, share: 0.65, intervalSeconds: 64 },
  default: { rms: 116, max: 310, frequency: 0.127, share: 0.65, intervalSeconds: 527 },
  gamma3: { rms: 78, max: 336, frequency: 0.33, share: 1, intervalSeconds: 64 },
  diurnal: { rms: 239, max: 3600, frequency: 2.4, share: 1, intervalSeconds: 64 },
  bloat: { rms: 38, max: 105, frequency: 0.16, share: 1, intervalSeconds: 64 },
  ecmp2: { rms: 33, max: 114, frequency: 0.11, share: 1, intervalSeconds: 64 },
  normal: { rms: 34, max: 79, frequency: 0.12, share: 1, intervalSeconds: 64 },
  temp: { rms: 33, max: 93, frequency: 0.21, share: 1, intervalSeconds: 64 },
  jit10: { rms: 926, max: 2700, frequency: 2.2, share: 1, intervalSeconds: 64 },
  wander7: { rms: 142, max: 493, frequency: 2.6, share: 1, intervalSeconds: 64 },
  loss33: { rms: 40, max: 150, frequency: 0.16, share: 1, intervalSeconds: 64 },
} as const;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '7' },
    first: { type: 'string', default: '1' },
    only: { type: 'string' },
    short: { type: 'boolean', default: false },
  },
});
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => Number(values.first) + index);
const only = values.only?.split(',');

/** One world's figures. */
export interface WorldFigures {
  scenario: string;
  /** Of the clock itself, as chrony's figures are. */
  rmsMicroseconds: number;
  rmsRatio: number;
  rmsBar: number;
  maxMicroseconds: number;
  maxRatio: number;
  frequencyPpm: number;
  frequencyRatio: number;
  packets: number;
  chronyPackets: number;
  within2: number;
  within4: number;
  rmsErrorOverSigma: number;
  excursionPolls: number;
  boundCoverage: number;
  boundMedianMicroseconds: number;
  passed: boolean;
}

/** What is kept of a run. */
export interface WorldsResult {
  seeds: number[];
  cpuSeconds: number;
  worlds: WorldFigures[];
}

/** Whether σ says how wrong the clock is: neither too small nor too large. */
function isHonest(row: Omit<WorldFigures, 'passed'>): boolean {
  const { within2, within4, rmsErrorOverSigma } = row;
  const isMeasured = within2 >= 0.93 && within2 <= 0.99 && rmsErrorOverSigma >= 0.7 && rmsErrorOverSigma <= 1.3;
  return isMeasured && within4 >= 0.999 && row.excursionPolls <= 10;
}

function judge(scenario: keyof typeof CHRONY): WorldFigures {
  const loaded = loadScenario(
    fileURLToPath(new URL(`../../test/simulation/scenarios/${scenario}.toml`, import.meta.url)),
  );
  const runs = seeds.map((seed) => Object.values(simulate(loaded, seed, daemonAgent).result.nodes)[0] as NodeResult);
  const median = (figure: (run: NodeResult) => number): number => medianOf(runs.map(figure));
  const mean = (figure: (run: NodeResult) => number): number =>
    runs.reduce((sum, run) => sum + figure(run), 0) / runs.length;
  const chrony = CHRONY[scenario];
  const rmsMicroseconds = median(({ clock }) => clock.rms * 1e6);
  const maxMicroseconds = median(({ clock }) => clock.max * 1e6);
  const frequencyPpm = median(({ frequencyPpm: frequency }) => frequency.rms);
  const packets = median((run) => run.packets);
  const chronyPackets = Math.floor(loaded.scenario.duration / chrony.intervalSeconds);
  const row = {
    scenario,
    rmsMicroseconds,
    rmsRatio: rmsMicroseconds / chrony.rms,
    rmsBar: chrony.share,
    maxMicroseconds,
    maxRatio: maxMicroseconds / chrony.max,
    frequencyPpm,
    frequencyRatio: frequencyPpm / chrony.frequency,
    packets,
    chronyPackets,
    // Every run has the same number of seconds, so means of shares are shares of the pool.
    within2: mean(({ sigma }) => sigma.within2),
    within4: mean(({ sigma }) => sigma.within4),
    rmsErrorOverSigma: Math.sqrt(mean(({ sigma }) => sigma.rmsRatio ** 2)),
    excursionPolls: Math.max(...runs.map((run) => run.sigma.excursionSecondsMax / run.pollSeconds)),
    boundCoverage: Math.min(...runs.map(({ bound }) => bound.coverage)),
    boundMedianMicroseconds: median(({ bound }) => bound.medianSeconds * 1e6),
  };
  const within = row.rmsRatio <= row.rmsBar && row.maxRatio <= 1 && row.frequencyRatio <= 1;
  return { ...row, passed: within && isHonest(row) && row.boundCoverage === 1 };
}

const started = process.cpuUsage();
const rows = (Object.keys(CHRONY) as (keyof typeof CHRONY)[])
  .filter((scenario) => only === undefined || only.includes(scenario))
  .map(judge);
const used = process.cpuUsage(started);

console.table(
  rows.map((row) => ({
    scenario: row.scenario,
    'RMS µs': row.rmsMicroseconds.toFixed(2),
    '/chrony': `${row.rmsRatio.toFixed(2)} (${row.rmsBar})`,
    'max µs': row.maxMicroseconds.toFixed(1),
    'max/chrony': row.maxRatio.toFixed(2),
    'freq/chrony': row.frequencyRatio.toFixed(2),
    packets: `${row.packets} (${row.chronyPackets})`,
    '≤2σ %': (100 * row.within2).toFixed(2),
    '≤4σ %': (100 * row.within4).toFixed(3),
    'rms e/σ': row.rmsErrorOverSigma.toFixed(2),
    'beyond 4σ, polls': row.excursionPolls.toFixed(1),
    'bound %': (100 * row.boundCoverage).toFixed(3),
    'bound µs': row.boundMedianMicroseconds.toFixed(0),
    passed: row.passed ? 'yes' : 'NO',
  })),
);

writeResult<WorldsResult>(
  {
    name: 'worlds',
    command: 'npm run bench:worlds',
    machine: describeMachine('simulated'),
    figures: { seeds, cpuSeconds: (used.user + used.system) / 1e6, worlds: rows },
  },
  values.short || only !== undefined,
);
process.exitCode = rows.every(({ passed }) => passed) ? 0 : 1;
