import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ControlClient } from '../../src/control/client.ts';
import type { ServerCounters } from '../../src/workers/counters.ts';
import { SERVE_LOCAL, startChronyd } from '../../test/support/chrony.ts';
import { startForeignDaemon } from '../../test/support/foreign-daemon.ts';
import { startNtpdTs } from '../../test/support/ntpd-ts.ts';
import { startNtpsec } from '../../test/support/ntpsec.ts';
import { startOpenntpd } from '../../test/support/openntpd.ts';
import { peerPrograms } from '../../test/support/peers.ts';
import { Child, eventually, run } from '../../test/support/run.ts';
import { type Arena, SERVER_CORE } from './arena.ts';

/** A server that takes part. Each is pinned to the server's core and serves the machine's clock. */
export interface Contestant {
  readonly name: string;
  /** How it was run, for the result file. */
  readonly version: string;
  /** The echo is no NTP server: what comes back is counted, not verified. */
  readonly echo?: boolean;
  start(arena: Arena): Promise<RunningServer>;
}

/** A contestant that serves. */
export interface RunningServer {
  readonly pid: number;
  stop(): Promise<void>;
  /** What ntpd-ts has counted so far; others have no such thing. */
  counters?(): Promise<ServerCounters>;
}

/** `child` serves; `helpers` are only there for it. */
function runningServer(child: Child, ...helpers: readonly Child[]): RunningServer {
  return {
    pid: child.pid,
    stop: async () => {
      for (const each of [child, ...helpers]) await each.stop();
    },
  };
}

const OUR_ARGS = ['--workers', '1', '--local-stratum', '1', '--clock', 'none'];
const ECHO = fileURLToPath(new URL('./echo-server.ts', import.meta.url));

/** ntpd-ts with one worker; `extra` is text for its configuration. */
export function ntpdTsContestant(name = 'ntpd-ts', extra = ''): Contestant {
  return {
    name,
    version: 'this tree, 1 worker',
    start: async (arena) => {
      const observability = '[observability]\nobservation-path = "@DIR@/control.sock"\n';
      const config = `${observability}[[server]]\nlisten = "0.0.0.0:123"\n${extra}`;
      const { child, directory } = await startNtpdTs(arena.server, { args: OUR_ARGS, config, cpu: SERVER_CORE });
      const control = new ControlClient({ socket: join(directory, 'control.sock') });
      const counters = async (): Promise<ServerCounters> => {
        const counted = (await control.status()).server.counters;
        if (counted === null) throw new Error('ntpd-ts serves nobody');
        return counted;
      };
      return { ...runningServer(child), counters };
    },
  };
}

/** The same addon without TypeScript: every datagram sent back as it came. What sockets can give. */
export function echoContestant(): Contestant {
  return {
    name: 'bare echo',
    version: "the addon's echo(): recvmmsg and sendmmsg, no stamps, no policy",
    echo: true,
    start: async (arena) => {
      const argv = ['taskset', '-c', String(SERVER_CORE), process.execPath, '--import', 'tsx', ECHO];
      const child = new Child(arena.server.inside(argv));
      await child.saw(/echoing/);
      return runningServer(child);
    },
  };
}

/** chronyd; `extra` are further lines of its configuration. */
export async function chronydContestant(name = 'chronyd', extra: readonly string[] = []): Promise<Contestant> {
  const { daemon } = await peerPrograms('chrony');
  const version = /version (\S+)/.exec((await run([daemon, '--version'])).stdout)?.[1] ?? 'unknown';
  return {
    name,
    version: `chronyd ${version}`,
    start: async (arena) => {
      const config = ['local stratum 1', 'allow', ...extra];
      return runningServer((await startChronyd(arena.server, { config, cpu: SERVER_CORE })).child);
    },
  };
}

/** ntpd of NTPsec without its rate limit; it has no clock of its own to serve and follows an idle chronyd. */
export async function ntpsecContestant(): Promise<Contestant> {
  const { daemon } = await peerPrograms('ntpsec');
  const version = (await run([daemon, '--version'])).stdout.trim();
  return {
    name: 'ntpsec',
    version,
    start: async (arena) => {
      const upstream = await startChronyd(arena.generator, { config: SERVE_LOCAL });
      const config = [`server ${arena.generator.ipv4} iburst minpoll 3`];
      const ntpd = await startNtpsec(arena.server, config, { cpu: SERVER_CORE });
      await eventually('ntpd is synchronised', async () => /leap=00/.test(await ntpd.ntpq('rv')) || undefined);
      return runningServer(ntpd.child, upstream.child);
    },
  };
}

/**
 * openntpd, unsynchronised. It asks the kernel twice a request how much of its slew is left, and each time writes under
 * the lock of the clock: on a busy virtual machine the generator, which reads that clock, is late more often.
 */
export async function openntpdContestant(): Promise<Contestant> {
  await peerPrograms('openntpd');
  return {
    name: 'openntpd',
    version: "openntpd 6.2p3 (Debian's)",
    start: async (arena) =>
      runningServer(
        (await startOpenntpd(arena.server, [`listen on ${arena.server.ipv4}`], { cpu: SERVER_CORE })).child,
      ),
  };
}

/** rsntp with one thread, where $RSNTP names it; it needs a server that it takes its stratum from. */
export async function rsntpContestant(): Promise<Contestant> {
  const { daemon } = await peerPrograms('rsntp');
  return {
    name: 'rsntp',
    version: (await run([daemon, '-h'])).stdout.split('\n')[0] ?? 'rsntp',
    start: async (arena) => {
      const argv = [daemon, '-4', '1', '-6', '0', '-a', `${arena.server.ipv4}:123`, '-s', '127.0.0.1:11123'];
      return runningServer(await startForeignDaemon(arena.server, argv, { cpu: SERVER_CORE, ready: /started/ }));
    },
  };
}

/** ntpd-rs, where $NTPD_RS names it, with the configuration file that $NTPD_RS_CONFIG names. */
export async function ntpdRsContestant(): Promise<Contestant> {
  const { daemon } = await peerPrograms('ntpd-rs');
  const config = process.env['NTPD_RS_CONFIG'];
  if (config === undefined || !existsSync(config)) throw new Error('$NTPD_RS_CONFIG names no file');
  return {
    name: 'ntpd-rs',
    version: (await run([daemon, '--version'])).stdout.trim(),
    start: async (arena) => {
      const argv = [daemon, '--config', config];
      return runningServer(await startForeignDaemon(arena.server, argv, { cpu: SERVER_CORE, ready: /./ }));
    },
  };
}
