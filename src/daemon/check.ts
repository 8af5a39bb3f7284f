import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { warnings } from '../config/conflicts.ts';
import { ConfigError, type ConfigProblem, formatProblem, loadConfig, problemAt } from '../config/load.ts';
import type { KeyPath } from '../config/positions.ts';
import type { Config } from '../config/schema.ts';
import { EXIT, OperatorError } from '../errors.ts';
import { checkSourceKeys, readKeys } from './key-file-reader.ts';
import { leapFileDoubts, loadLeapFile } from './leap-file-reader.ts';
import { poolListener } from './listener-config.ts';

/**
 * `ntpd-ts check FILE`: everything wrong with a configuration and the files that it names, one line each; exits 78 if
 * there is anything.
 */
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

type CheckResult = { file: string; problems: readonly ConfigProblem[]; warnings: readonly string[] };

function check(file: string): CheckResult {
  try {
    const config = loadConfig(file);
    const { problems, doubts } = checkFiles(config, file);
    return { file: resolve(file), problems, warnings: [...warnings(config), ...doubts] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { file: resolve(file), problems: error.problems, warnings: [] };
  }
}

/** The files and lists that a configuration names, as a start or a reload would take them. */
function checkFiles(config: Config, file: string): { problems: ConfigProblem[]; doubts: readonly string[] } {
  const problems: ConfigProblem[] = [];
  const attempt = (path: KeyPath, read: () => readonly string[]): readonly string[] => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      problems.push(problemAt(error.code, readFileSync(file, 'utf8'), file, path, error.message));
      return [];
    }
  };
  const doubts = attempt(['keys', 'file'], () => {
    const { keys, warnings: weak } = readKeys(config.keys);
    checkSourceKeys(config, keys);
    return weak;
  });
  const expiry = attempt(['synchronization', 'leap-file'], () =>
    leapFileDoubts(loadLeapFile(config.synchronization.leapFile), Date.now()),
  );
  for (const [index, server] of config.server.entries()) {
    attempt(['server', index, server.allowlist === null ? 'denylist' : 'allowlist'], () => {
      poolListener(server);
      return [];
    });
  }
  return { problems, doubts: [...doubts, ...expiry] };
}

function print(result: CheckResult): void {
  for (const problem of result.problems) console.error(formatProblem(problem));
  for (const warning of result.warnings) console.error(`${result.file}: warning: ${warning}`);
  const count = result.problems.length;
  console.log(count === 0 ? `${result.file}: ok` : `${result.file}: ${count} ${count === 1 ? 'problem' : 'problems'}`);
}
