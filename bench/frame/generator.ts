import type { LoadResults } from '../../src/load/results.ts';
import type { StepResult } from '../../src/load/step-result.ts';
import { PROGRAM } from '../../test/support/ntpd-ts.ts';
import { run } from '../../test/support/run.ts';
import { type Arena, CLIENTS_IPV4, GENERATOR_CORE } from './arena.ts';
import { type CpuTimes, cpuBetween, readCpu } from './cpu.ts';

export interface Step {
  /** Requests per second. */
  readonly rate: number;
  readonly seconds: number;
  readonly clients?: number;
  /** Address to ask; the arena's server over IPv4 by default. */
  readonly target?: string;
  /** Further options of `ntpd-ts load`. */
  readonly options?: readonly string[];
}

/** A step's figures, and the processor time that went by around it. */
export interface Measured extends StepResult {
  readonly cpu: CpuTimes;
  /** Everything that `ntpd-ts load` printed of it. */
  readonly results: LoadResults;
}

/** Replies later than this are lost: far beyond what any of the servers queues. */
const TIMEOUT_SECONDS = 0.25;
/** A step that the generator itself could not keep says nothing about the server and is tried so often. */
const ATTEMPTS = 5;

/**
 * Offers one step of load to the server of the arena, with `ntpd-ts load` and its raw engine.
 *
 * @param pid - the server, whose processor time is read around the step.
 * @param attempts - how often a step that the generator could not keep is tried.
 * @returns undefined when the generator could not keep the rate.
 */
export async function offer(
  arena: Arena,
  pid: number,
  step: Step,
  attempts: number = ATTEMPTS,
): Promise<Measured | undefined> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const before = readCpu(pid);
    const results = await loadResults(arena, step);
    const cpu = cpuBetween(before, readCpu(pid));
    const [result] = results.steps;
    if (result === undefined) throw new Error('ntpd-ts load printed no step');
    if (result.valid) return { ...result, cpu, results };
    console.warn(`rate ${Math.round(step.rate)}: ${result.invalidReasons.join('; ')}`);
  }
  return undefined;
}

async function loadResults(arena: Arena, step: Step): Promise<LoadResults> {
  const options = [
    ['--engine', 'raw', '--clients', CLIENTS_IPV4, '--client-count', String(step.clients ?? 16_384)],
    ['--rate', String(step.rate < 1000 ? step.rate : Math.round(step.rate)), '--duration', String(step.seconds)],
    ['--timeout', String(TIMEOUT_SECONDS), '--cores', String(GENERATOR_CORE), '--json'],
    step.options ?? [],
  ].flat();
  const argv = [process.execPath, PROGRAM, 'load', step.target ?? arena.server.ipv4, ...options];
  const done = await run(arena.generator.inside(argv), { timeoutMs: (step.seconds + 60) * 1000 });
  if (!done.stdout.startsWith('{')) throw new Error(`ntpd-ts load: ${done.stderr}`);
  return JSON.parse(done.stdout) as LoadResults;
}
