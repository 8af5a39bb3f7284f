import { writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { EXIT, OperatorError } from '../errors.ts';
import { daemonAgent } from './daemon-agent.ts';
import { loadScenario } from './load-scenario.ts';
import { drawPicture } from './picture.ts';
import { formatReport, reportOf } from './report.ts';
import { type Simulation, simulate } from './simulation.ts';

/** Not a failure of the program, hence none of sysexits. */
const EXIT_LIMITS_MISSED = 1;

interface Options {
  seed: number;
  seeds: number;
  json: boolean;
  svg?: string;
}

/** `ntpd-ts simulate SCENARIO.toml`: runs the daemon's core through a virtual world and prints how well it did. */
export function simulateCommand(): Command {
  return new Command('simulate')
    .description('run the daemon’s core through a seeded virtual world and measure how well it keeps its clock')
    .argument('<scenario>', 'scenario file (TOML)')
    .option('--seed <number>', 'first seed', wholeNumber, 1)
    .option('--seeds <count>', 'number of runs with seeds that follow the first; medians are printed', wholeNumber, 1)
    .option('--json', 'print every run as JSON', false)
    .option('--svg <file>', 'write a picture of the first run: true error, estimate and bound over time')
    .addHelpText(
      'after',
      `
Exit codes: ${EXIT.ok} all limits kept, ${EXIT_LIMITS_MISSED} a limit of the scenario missed, ${EXIT.usage} usage, ${EXIT.config} the scenario is faulty.`,
    )
    .action((file: string, options: Options) => {
      process.exitCode = run(file, options);
    });
}

function run(file: string, options: Options): number {
  const loaded = loadScenario(file);
  const { scenario } = loaded;
  // A path that cannot be written is said before the work, not after it.
  if (options.svg !== undefined) writePicture(options.svg, '');
  const seeds = Array.from({ length: Math.max(1, options.seeds) }, (_, index) => options.seed + index);
  const runs = seeds.map((seed, index) => {
    const simulation = simulate(loaded, seed, daemonAgent);
    if (index === 0 && options.svg !== undefined)
      writePicture(options.svg, pictureOf(scenario.description, simulation));
    return simulation.result;
  });
  const reports = reportOf(scenario, runs);
  const text = options.json
    ? JSON.stringify({ scenario: file, seeds, runs, reports }, null, 2)
    : formatReport(scenario, seeds, reports);
  process.stdout.write(`${text}\n`);
  return reports.some(({ misses }) => misses.length > 0) ? EXIT_LIMITS_MISSED : EXIT.ok;
}

function pictureOf(title: string, { records }: Simulation): string {
  return drawPicture(
    title,
    records.map(({ machine, trace }) => ({ title: machine.name, trace })),
  );
}

function writePicture(file: string, picture: string): void {
  try {
    writeFileSync(file, picture);
  } catch (cause) {
    throw new OperatorError('simulate-picture', `${file}: ${(cause as Error).message}`, { cause });
  }
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('expected a whole number');
  return value;
}
