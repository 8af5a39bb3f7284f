/**
 * `npm run bench:report`: writes the tables of README.md from the kept results, between markers such as
 * `<!-- bench:load -->` and `<!-- /bench:load -->`. test/tidy.test.ts holds README to it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { StampResult } from './accuracy/stamps.ts';
import type { WorldsResult } from './accuracy/worlds.ts';
import type { Machine } from './frame/machine.ts';
import { type Result, readResult } from './frame/results.ts';
import type { Spread } from './frame/statistics.ts';
import type { CrashResult } from './load/crash.ts';
import type { ThroughputFigures, ThroughputResult } from './load/main.ts';
import type { PeersResult } from './peers.ts';
import type { SoakResult } from './soak/main.ts';

const README = fileURLToPath(new URL('../README.md', import.meta.url));

const TABLES: Readonly<Record<string, () => string>> = {
  load: () => table('load', throughput),
  stamps: () => table('stamps', stamps),
  peers: () => table('peers', peers),
  worlds: () => table('worlds', worlds),
  crash: () => table('crash', crash),
  soak: () => table('soak', soak),
};

/** README with its tables as the kept results say; throws when a marker is missing. */
export function withTables(readme: string): string {
  let text = readme;
  for (const [name, render] of Object.entries(TABLES)) {
    const [open, close] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
    const from = text.indexOf(open);
    const to = text.indexOf(close);
    if (from < 0 || to < from) throw new Error(`README.md has no ${open} … ${close}`);
    text = `${text.slice(0, from)}${open}\n\n${render()}\n\n${text.slice(to)}`;
  }
  return text;
}

function table<Figures>(name: string, render: (result: Result<Figures>) => string): string {
  const result = readResult<Figures>(name);
  return result === undefined ? `Not measured yet: \`npm run bench:${name}\`.` : render(result);
}

function throughput({ machine, figures, command }: Result<ThroughputResult>): string {
  const row = (where: string) => (entry: ThroughputFigures) => [
    `${entry.name}${where}`,
    rate(entry.cleanRate),
    rate(entry.best),
    rate(entry.at150),
    rate(entry.at200),
  ];
  const rows = [...figures.unsteered.map(row('')), ...figures.steered.map(row(', receive work on the server’s core'))];
  const headings = ['one server core', 'highest rate with ≤ 0.1 % loss', 'best answers/s', 'at 1.5 ×', 'at 2 ×'];
  return `${markdown(headings, rows)}\n\n${source(machine, command, figures.unsteered[0]?.best.rounds ?? 0)}`;
}

function stamps({ machine, figures, command }: Result<StampResult>): string {
  const rates = figures.contestants[0]?.errors.map((error) => error.rate) ?? [];
  const cell = (mean: Spread, deviation: Spread): string => `${signedUs(mean.median)}, ${us(deviation.median)}`;
  const rows = figures.contestants.map(({ name, errors }) => [
    name,
    ...errors.map(({ mean, coreDeviation }) => cell(mean, coreDeviation)),
  ]);
  for (const { name, errors } of figures.path) {
    if (errors.every((error) => error.mean.rounds === 0)) continue;
    rows.push([
      `the path alone (${name}, interleaved)`,
      ...errors.map(({ mean, coreDeviation }) => (mean.rounds === 0 ? '–' : cell(mean, coreDeviation))),
    ]);
  }
  const headings = ['arrival − T3: mean, σ of the central 99 %', ...rates.map((value) => `${value / 1000} k/s`)];
  return `${markdown(headings, rows)}\n\n${source(machine, command, figures.contestants[0]?.errors[0]?.mean.rounds ?? 0)}`;
}

function peers({ machine, figures, command }: Result<PeersResult>): string {
  const rows = figures.peers.map((peer) => {
    const at = peer.rates.at(-1);
    return [
      `${peer.name} (${peer.version})`,
      rate(peer.cleanRate),
      rate(peer.best),
      rate(peer.at200),
      at === undefined
        ? '–'
        : `${(at.userUs.median + at.systemUs.median).toFixed(1)} + ${at.softirqUs.median.toFixed(1)} µs`,
      at === undefined ? '–' : us(at.residence.median),
      `${Math.round(peer.memoryOctets.median / 2 ** 20)} MiB`,
    ];
  });
  const headings = [
    'server',
    '≤ 0.1 % loss',
    'best answers/s',
    'at 2 ×',
    'CPU per answer (own + softirq)',
    'T3 − T2',
    'memory',
  ];
  const rounds = figures.peers[0]?.best.rounds ?? 0;
  return `${markdown(headings, rows)}\n\n${source(machine, command, rounds)}`;
}

function worlds({ machine, figures, command }: Result<WorldsResult>): string {
  const rows = figures.worlds.map((world) => [
    world.scenario,
    `${world.rmsMicroseconds.toFixed(1)} µs`,
    world.rmsRatio.toFixed(2),
    world.maxRatio.toFixed(2),
    world.frequencyRatio.toFixed(2),
    `${world.packets} (${world.chronyPackets})`,
    `${(100 * world.within2).toFixed(1)} %, ${(100 * world.within4).toFixed(2)} %`,
    `${world.excursionPolls.toFixed(1)} polls`,
    `${(100 * world.boundCoverage).toFixed(2)} %`,
  ]);
  const headings = [
    'world',
    'RMS offset',
    'RMS / chrony',
    'max / chrony',
    'frequency / chrony',
    'packets (chrony)',
    'within 2σ, 4σ',
    'longest beyond 4σ',
    'within the bound',
  ];
  const missed = figures.worlds.filter(({ passed }) => !passed).map(({ scenario }) => scenario);
  return (
    `${markdown(headings, rows)}\n\n\`${command}\`: medians of ${figures.seeds.length} seeds, shares of all their seconds; ` +
    `missed bars: ${missed.length === 0 ? 'none' : missed.join(', ')}; commit ${machine.commit}, ${machine.at.slice(0, 10)}.`
  );
}

function crash({ machine, figures, command }: Result<CrashResult>): string {
  const disturbed = figures.rounds.filter(({ workersLost }) => workersLost > 0);
  const sum = (of: (round: CrashResult['rounds'][number]) => number): number =>
    disturbed.reduce((total, round) => total + of(round), 0);
  const [losses, lost, survivorLost] = [
    sum(({ workersLost }) => workersLost),
    sum((round) => round.lost),
    sum((round) => round.survivorLost),
  ];
  const share = (disturbed[0]?.rate ?? 0) / figures.saturation;
  const text =
    `Two workers on one core, asked for ${Math.round(share * 100)} % of what it answers at most; one of them ended as by a ` +
    `crash ${losses} times: ${survivorLost} requests lost at the other, ${(lost / losses).toFixed(0)} per loss at its own ` +
    `(the batch in its hands), replaced within ${Math.ceil(Math.max(...disturbed.map((each) => each.replacedMsMax)))} ms.`;
  return `${text}\n\n${source(machine, command, disturbed.length)}`;
}

function soak({ machine, figures, command }: Result<SoakResult>): string {
  const { minutes, answered, loss, workersLost, memoryOctets, descriptors } = figures;
  const mebibytes = memoryOctets.map((octets) => octets / 2 ** 20);
  const text =
    `${minutes} minutes, ${(answered / 1e6).toFixed(1)} million answers, ${workersLost} workers ended as by a crash, ` +
    `garbage all along: ${(loss * 100).toFixed(3)} % lost, ${Math.round(Math.min(...mebibytes))}–` +
    `${Math.round(Math.max(...mebibytes))} MiB, ${Math.min(...descriptors)}–${Math.max(...descriptors)} descriptors.`;
  return `${text}\n\n${source(machine, command, 1)}`;
}

function source(machine: Machine, command: string, rounds: number): string {
  const flags = machine.flags.length > 0 ? ` -- ${machine.flags.join(' ')}` : '';
  return (
    `\`${command}${flags}\`: median of ${rounds} alternating rounds (smallest–largest); ${machine.cores} cores of ` +
    `${machine.cpu}, Linux ${machine.kernel}, Node ${machine.node}, ${machine.nic}, commit ${machine.commit}, ` +
    `${machine.at.slice(0, 10)}.`
  );
}

/** A table as the formatter wants it: columns filled up, figures to the right. */
function markdown(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((_, i) => Math.max(3, ...[headings, ...rows].map((cells) => cells[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(headings), line(rule), ...rows.map(line)].join('\n');
}

function rate({ median, min, max, rounds }: Spread): string {
  if (rounds === 0 || !(median > 0)) return '–';
  const k = (value: number): string => (value / 1000).toFixed(0);
  return rounds === 1 ? `${k(median)} k` : `${k(median)} k (${k(min)}–${k(max)})`;
}

function us(ns: number): string {
  return `${(ns / 1000).toFixed(2)} µs`;
}

function signedUs(ns: number): string {
  return `${ns < 0 ? '−' : '+'}${us(Math.abs(ns))}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(README, withTables(readFileSync(README, 'utf8')));
