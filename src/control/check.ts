import { resolve } from 'node:path';
import { Command } from 'commander';
import { warnings } from '../config/conflicts.ts';
import { ConfigError, formatProblem, loadConfig } from '../config/load.ts';
import { EXIT } from '../errors.ts';

/** `ntpd-ts check FILE`: everything wrong with a configuration, one line each; exits 78 if there is anything. */
export function checkCommand(): Command {
  return new Command('check')
    .description('check a configuration file and say everything that is wrong with it')
    .argument('<file>', 'the configuration file')
    .option('--json', 'print the result as JSON')
    .action((file: string, options: { json?: boolean }) => {
      const result = check(file);
      if (options.json) console.log(JSON.stringify(result, null, 2));
      else print(result);
      process.exitCode = result.problems.length === 0 ? EXIT.ok : EXIT.config;
    });
}

type CheckResult = { file: string; problems: ConfigError['problems']; warnings: readonly string[] };

function check(file: string): CheckResult {
  try {
    return { file: resolve(file), problems: [], warnings: warnings(loadConfig(file)) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { file: resolve(file), problems: error.problems, warnings: [] };
  }
}

function print(result: CheckResult): void {
  for (const problem of result.problems) console.error(formatProblem(problem));
  for (const warning of result.warnings) console.error(`${result.file}: warning: ${warning}`);
  const count = result.problems.length;
  console.log(count === 0 ? `${result.file}: ok` : `${result.file}: ${count} ${count === 1 ? 'problem' : 'problems'}`);
}
