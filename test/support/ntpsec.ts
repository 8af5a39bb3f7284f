import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runDirectory } from './directory.ts';
import { startForeignDaemon, withoutClock } from './foreign-daemon.ts';
import type { Host } from './network.ts';
import { peerPrograms } from './peers.ts';
import { type Child, type Finished, run, runOk } from './run.ts';

/** A running ntpd of NTPsec. */
export interface NtpsecDaemon {
  readonly child: Child;
  readonly directory: string;
  /** Output of `ntpq -n` with a command. */
  ntpq(command: string): Promise<string>;
}

/** Python of the system: the module that ntpq and ntpdig load belongs to it. */
const PYTHON = '/usr/bin/python3';

/**
 * Starts ntpd in `host`. Its kernel loop is off, and without CAP_SYS_TIME its slews fail and are logged.
 *
 * @param config - lines of ntp.conf, as `server 10.77.0.1 iburst minpoll 3`; `@DIR@` stands for its folder.
 */
export async function startNtpsec(
  host: Host,
  config: readonly string[],
  options: { cpu?: number; files?: Readonly<Record<string, string>> } = {},
): Promise<NtpsecDaemon> {
  const { daemon, control, env } = await peerPrograms('ntpsec');
  const directory = runDirectory('ntpsec');
  for (const [name, text] of Object.entries(options.files ?? {})) {
    writeFileSync(join(directory, name), text, { mode: 0o600 });
  }
  const file = join(directory, 'ntp.conf');
  const lines = [
    'disable kernel',
    'tos minsane 1 minclock 1',
    'restrict default nomodify',
    'restrict 127.0.0.1',
    ...config,
  ];
  writeFileSync(file, `${lines.join('\n').replaceAll('@DIR@', directory)}\n`);
  const child = await startForeignDaemon(host, [daemon, '-n', '-g', '-c', file], {
    ready: /Listening on routing socket/,
    ...(options.cpu === undefined ? {} : { cpu: options.cpu }),
  });
  return {
    child,
    directory,
    ntpq: (command) =>
      runOk(host.inside([PYTHON, control, '-n', '-c', command, '127.0.0.1']), { env, timeoutMs: 15_000 }),
  };
}

/** Runs NTPsec's `ntpdate -q` against `target`, with `options` before it. */
export async function ntpdate(host: Host, target: string, ...options: string[]): Promise<Finished> {
  const { root, env } = await peerPrograms('ntpsec');
  const path = `${join(root, 'usr/bin')}:/usr/bin:/bin`;
  const argv = ['sh', join(root, 'usr/sbin/ntpdate'), '-q', ...options, target];
  return run(withoutClock(host, argv), { env: { ...env, PATH: `${path}:${process.env['PATH']}` } });
}
