/** The file of results that `--json` prints and `compare` reads. */
import { readFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { OperatorError } from '../errors.ts';
import type { EngineDescription } from '../native/load-engine.ts';
import type { OverloadResult, SearchResult } from './campaign.ts';
import type { StepResult } from './step-result.ts';

export const RESULTS_FORMAT = 'ntpd-ts-load';
export const RESULTS_VERSION = 1;

export interface LoadResults {
  readonly format: typeof RESULTS_FORMAT;
  readonly version: typeof RESULTS_VERSION;
  readonly about: {
    /** What to call this server in a comparison. */
    readonly label: string;
    readonly target: string;
    readonly engine: EngineDescription | null;
    readonly clients: number;
    readonly generators: number;
    readonly startedAt: string;
    readonly program: string;
    readonly kernel: string;
    readonly processor: string;
    readonly node: string;
    readonly options: readonly string[];
  };
  readonly steps: readonly StepResult[];
  readonly search: SearchResult | null;
  readonly overload: readonly OverloadResult[];
}

/** What is the same for every result of this machine and program. */
export function describeMachine(): Pick<LoadResults['about'], 'kernel' | 'processor' | 'node' | 'program'> {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return {
    program: `ntpd-ts ${manifest.version}`,
    kernel: release(),
    processor: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}`,
    node: process.version,
  };
}

/**
 * Reads a file that `load --json` printed.
 *
 * @throws OperatorError when it cannot be read, is something else, or is of another version.
 */
export function readResults(file: string): LoadResults {
  let parsed: Partial<LoadResults> | null;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8')) as Partial<LoadResults> | null;
  } catch (cause) {
    throw new OperatorError('load-results', `${file}: ${(cause as Error).message}`, { cause });
  }
  if (parsed === null || typeof parsed !== 'object' || parsed.format !== RESULTS_FORMAT) {
    throw new OperatorError('load-results', `${file}: not a file of results of ntpd-ts load`);
  }
  if (parsed.version !== RESULTS_VERSION) {
    throw new OperatorError(
      'load-results',
      `${file}: results of version ${parsed.version}, this program reads version ${RESULTS_VERSION}; measure again`,
    );
  }
  if (!Array.isArray(parsed.steps) || typeof parsed.about?.label !== 'string') {
    throw new OperatorError('load-results', `${file}: results without steps; the file was cut short or edited`);
  }
  return parsed as LoadResults;
}
