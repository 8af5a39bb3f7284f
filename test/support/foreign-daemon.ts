import { readFileSync } from 'node:fs';
import type { Host } from './network.ts';
import { Child, type RunOptions } from './run.ts';

/** Bit of CAP_SYS_TIME in a capability set (linux/capability.h). */
const CAP_SYS_TIME = 25n;

/**
 * Runs a command only where CAP_SYS_TIME is really gone from its bounding set. Namespaces share the one clock of
 * the machine, so this stands between every foreign daemon and it.
 */
const GUARD = `
caps=$(sed -n 's/^CapBnd:[[:space:]]*//p' /proc/self/status)
[ -n "$caps" ] && [ $(( 0x$caps >> ${CAP_SYS_TIME} & 1 )) = 0 ] || { echo "CAP_SYS_TIME is not dropped" >&2; exit 77; }
exec "$@"`;

/** `argv` as it runs in `host`, unable to set any clock. */
export function withoutClock(host: Host, argv: readonly string[], cpu?: number): string[] {
  // It ends with whoever started it, also when that is killed.
  const drop = ['setpriv', '--bounding-set', '-sys_time', '--inh-caps', '-sys_time', '--pdeathsig', 'KILL', '--'];
  const pin = cpu === undefined ? [] : ['taskset', '-c', String(cpu)];
  return host.inside([...drop, 'sh', '-c', GUARD, 'sh', ...pin, ...argv]);
}

export interface ForeignOptions extends RunOptions {
  /** Pins the daemon to this core. */
  readonly cpu?: number;
  /** Output that tells that it runs. */
  readonly ready: RegExp;
}

/** Starts a daemon that is not ours in `host`, and proves from /proc that it holds no right over the clock. */
export async function startForeignDaemon(host: Host, argv: readonly string[], options: ForeignOptions): Promise<Child> {
  const child = new Child(withoutClock(host, argv, options.cpu), options);
  try {
    await child.saw(options.ready);
    const rights = capabilitySets(child.pid).filter((set) => ((set >> CAP_SYS_TIME) & 1n) === 1n);
    if (rights.length > 0) throw new Error(`${argv[0]} holds CAP_SYS_TIME`);
    return child;
  } catch (error) {
    await child.stop();
    throw error;
  }
}

/** The capability sets of a process: inheritable, permitted, effective, bounding, ambient. */
function capabilitySets(pid: number): bigint[] {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const sets = [...status.matchAll(/^Cap(?:Inh|Prm|Eff|Bnd|Amb):\s*([0-9a-f]+)$/gm)].map((match) =>
    BigInt(`0x${match[1]}`),
  );
  if (sets.length !== 5) throw new Error(`/proc/${pid}/status shows no capability sets`);
  return sets;
}
