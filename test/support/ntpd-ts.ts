import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runDirectory } from './directory.ts';
import type { Host } from './network.ts';
import { Child, type Finished, run } from './run.ts';

/** The built program; `npm test` and the benchmarks build it first. */
export const PROGRAM: string = fileURLToPath(new URL('../../dist/daemon/main.js', import.meta.url));

export interface ServeOptions {
  /** Arguments of `serve`. */
  readonly args?: readonly string[];
  /** Text of a configuration file; `@DIR@` stands for the folder it lies in. */
  readonly config?: string;
  /** Pins the whole process to this core. */
  readonly cpu?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** A running `ntpd-ts serve`. */
export interface NtpdTs {
  readonly child: Child;
  readonly directory: string;
}

/** Starts `ntpd-ts serve`, in `host` or where this process runs, and waits until its workers serve. */
export async function startNtpdTs(host: Host | null, options: ServeOptions = {}): Promise<NtpdTs> {
  const directory = runDirectory('serve');
  const args = [...(options.args ?? [])];
  if (options.config !== undefined) {
    const file = join(directory, 'ntp.toml');
    writeFileSync(file, options.config.replaceAll('@DIR@', directory));
    args.push('--config', file);
  }
  const pin = options.cpu === undefined ? [] : ['taskset', '-c', String(options.cpu)];
  const argv = [...pin, process.execPath, PROGRAM, 'serve', ...args];
  const child = new Child(host === null ? argv : host.inside(argv), { env: options.env ?? {} });
  try {
    await child.saw(/"workers":\d+/);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return { child, directory };
}

/** Runs a verb of `ntpd-ts` to its end, in `host` or where this process runs. */
export function ntpdTs(host: Host | null, args: readonly string[], timeoutMs = 60_000): Promise<Finished> {
  const argv = [process.execPath, PROGRAM, ...args];
  return run(host === null ? argv : host.inside(argv), { timeoutMs });
}
