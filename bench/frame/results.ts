import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Machine } from './machine.ts';

/** A result file: what was measured, where, and with which command. */
export interface Result<Figures> {
  readonly name: string;
  readonly command: string;
  readonly machine: Machine;
  readonly figures: Figures;
}

const FOLDER = fileURLToPath(new URL('../results', import.meta.url));
const SHORT_FOLDER = join(FOLDER, 'short');

/** Writes `bench/results/NAME.json`; a short run goes into a folder of its own that is not kept. */
export function writeResult<Figures>(result: Result<Figures>, short: boolean): string {
  const folder = short ? SHORT_FOLDER : FOLDER;
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${result.name}.json`);
  writeFileSync(file, `${JSON.stringify(result, null, 1)}\n`);
  return file;
}

/** Reads a kept result; undefined where there is none yet. */
export function readResult<Figures>(name: string): Result<Figures> | undefined {
  const file = join(FOLDER, `${name}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Result<Figures>) : undefined;
}
