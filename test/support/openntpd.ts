import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runDirectory } from './directory.ts';
import { startForeignDaemon } from './foreign-daemon.ts';
import type { Host } from './network.ts';
import { peerPrograms } from './peers.ts';
import { type Child, runOk } from './run.ts';

/** A running openntpd. */
export interface OpenntpdDaemon {
  readonly child: Child;
  /** Output of `ntpctl -s` with `peers` or `all`. */
  ntpctl(show: 'peers' | 'all'): Promise<string>;
}

/**
 * openntpd insists on a user of its own, on a home to be locked into and on /var/lib/openntpd. `ip netns exec`
 * gave it a view of the mounts of its own, so all three are laid over that view and the machine sees nothing.
 */
const PREPARE = `
set -e
mount -t tmpfs none /var/lib
mkdir -p /var/lib/openntpd/run /var/lib/openntpd/db /var/lib/openntpd/home
cp /etc/passwd /var/lib/passwd
echo "ntpd:x:65533:65534::/var/lib/openntpd/home:/bin/false" >> /var/lib/passwd
mount --bind /var/lib/passwd /etc/passwd
exec "$@"`;

/** Starts openntpd in `host`; `config` are lines of ntpd.conf. */
export async function startOpenntpd(
  host: Host,
  config: readonly string[],
  options: { cpu?: number } = {},
): Promise<OpenntpdDaemon> {
  const { daemon, control } = await peerPrograms('openntpd');
  const file = join(runDirectory('openntpd'), 'ntpd.conf');
  writeFileSync(file, `${config.join('\n')}\n`);
  const argv = ['sh', '-c', PREPARE, 'sh', daemon, '-d', '-v', '-f', file];
  const child = await startForeignDaemon(host, argv, {
    ready: /ntp engine ready/,
    ...(options.cpu === undefined ? {} : { cpu: options.cpu }),
  });
  return {
    child,
    ntpctl: (show) => runOk(['nsenter', '-m', '-n', '-t', String(child.pid), control, '-s', show]),
  };
}
