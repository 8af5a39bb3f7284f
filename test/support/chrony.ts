import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runDirectory } from './directory.ts';
import { startForeignDaemon, withoutClock } from './foreign-daemon.ts';
import type { Host } from './network.ts';
import { peerPrograms } from './peers.ts';
import { type Child, run, runOk } from './run.ts';

export interface ChronydOptions {
  /** Lines of chrony.conf. */
  readonly config: readonly string[];
  readonly cpu?: number;
  /** Files beside the configuration, by name; `@DIR@` in the configuration stands for their folder. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A running chronyd and its control program. */
export interface Chronyd {
  readonly child: Child;
  readonly directory: string;
  /** Output of a chronyc command. */
  chronyc(...command: string[]): Promise<string>;
}

/** Configuration of a chronyd that serves the machine's clock as it is. */
export const SERVE_LOCAL = ['local stratum 3', 'allow'] as const;

/** Starts chronyd with `-x` (it never touches the clock) in `host`. */
export async function startChronyd(host: Host, options: ChronydOptions): Promise<Chronyd> {
  const { daemon, control } = await peerPrograms('chrony');
  const directory = runDirectory('chronyd');
  for (const [name, text] of Object.entries(options.files ?? {})) writeFileSync(join(directory, name), text);
  const socket = join(directory, 'control.sock');
  const lines = [...options.config, 'cmdport 0', `bindcmdaddress ${socket}`, `pidfile ${join(directory, 'pid')}`];
  const file = join(directory, 'chrony.conf');
  writeFileSync(file, `${lines.join('\n').replaceAll('@DIR@', directory)}\n`);
  const child = await startForeignDaemon(host, [daemon, '-d', '-x', '-u', 'root', '-f', file], {
    ready: /Running with root privileges/,
    ...(options.cpu === undefined ? {} : { cpu: options.cpu }),
  });
  return {
    child,
    directory,
    chronyc: (...command) => runOk(host.inside([control, '-h', socket, ...command])),
  };
}

/**
 * Asks a server once with `chronyd -Q`, which prints how wrong the clock would be and leaves it alone.
 *
 * @param source - directives, as `server 10.77.0.1 iburst`.
 * @returns the server's offset in seconds (positive: the local clock is behind), or undefined when chronyd
 * accepted no time.
 */
export async function chronydQuery(host: Host, ...source: string[]): Promise<number | undefined> {
  const { daemon } = await peerPrograms('chrony');
  const pidfile = join(runDirectory('chronyd-query'), 'pid');
  const argv = [daemon, '-Q', '-u', 'root', '-t', '12', ...source, `pidfile ${pidfile}`];
  const done = await run(withoutClock(host, argv));
  const match = /System clock wrong by (-?[0-9.]+) seconds \(ignored\)/.exec(done.stdout + done.stderr);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}
