import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasCommand, runOk } from './run.ts';

/**
 * The programs that ntpd-ts is measured against and tested with. Debian's packages exclude each other when they
 * are installed, so they are downloaded and unpacked side by side, into a cache that `npm ci` empties. The
 * environment may name others: $CHRONYD (with $CHRONYC), $NTPD_RS, $RSNTP.
 */
export type PeerName = 'chrony' | 'ntpsec' | 'openntpd' | 'ntpd-rs' | 'rsntp';

/** Absolute paths of a peer's programs, and what its scripts need in their environment. */
export interface PeerPrograms {
  /** Where the packages were unpacked; '' for a program that the environment named. */
  readonly root: string;
  readonly daemon: string;
  readonly control: string;
  readonly env: Readonly<Record<string, string>>;
}

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/ntpd-ts-peers', import.meta.url));

const DEBIAN = {
  chrony: { packages: ['chrony'], daemon: 'usr/sbin/chronyd', control: 'usr/bin/chronyc' },
  ntpsec: {
    packages: ['ntpsec', 'ntpsec-ntpdate', 'ntpsec-ntpdig', 'python3-ntp'],
    daemon: 'usr/sbin/ntpd',
    control: 'usr/bin/ntpq',
  },
  openntpd: { packages: ['openntpd'], daemon: 'usr/sbin/ntpd', control: 'usr/sbin/ntpctl' },
} as const;

const PYTHON_MODULES = 'usr/lib/python3/dist-packages';

/** The programs of `peer`, fetched when they are not there yet; throws when they cannot be had. */
export async function peerPrograms(peer: PeerName): Promise<PeerPrograms> {
  if (peer === 'ntpd-rs') return named('NTPD_RS');
  if (peer === 'rsntp') return named('RSNTP');
  if (peer === 'chrony' && process.env['CHRONYD'] !== undefined) {
    return { ...named('CHRONYD'), control: process.env['CHRONYC'] ?? 'chronyc' };
  }
  const { packages, daemon, control } = DEBIAN[peer];
  const root = join(CACHE, peer);
  if (!existsSync(root)) await fetchPackages(packages, root);
  const env: Record<string, string> = peer === 'ntpsec' ? { PYTHONPATH: join(root, PYTHON_MODULES) } : {};
  return { root, daemon: join(root, daemon), control: join(root, control), env };
}

function named(variable: string): PeerPrograms {
  const daemon = process.env[variable];
  if (daemon === undefined || !existsSync(daemon)) throw new Error(`$${variable} names no program`);
  return { root: '', daemon, control: '', env: {} };
}

async function fetchPackages(packages: readonly string[], root: string): Promise<void> {
  if (!hasCommand('apt-get') || !hasCommand('dpkg-deb')) {
    throw new Error(`${packages[0]} is fetched with apt-get and dpkg-deb, which are missing here`);
  }
  await mkdir(CACHE, { recursive: true });
  // Unpacked aside and then renamed: several test files may want the same peer at once.
  const work = await mkdtemp(join(CACHE, 'fetch-'));
  try {
    await runOk(['apt-get', '-qq', 'download', ...packages], { cwd: work, timeoutMs: 120_000 });
    const unpacked = join(work, 'root');
    for (const file of await readdir(work)) {
      if (file.endsWith('.deb')) await runOk(['dpkg-deb', '-x', join(work, file), unpacked]);
    }
    await linkPythonLibrary(unpacked);
    await rename(unpacked, root).catch((error: unknown) => {
      if (!existsSync(root)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** ntpsec's Python module looks for its C library beside itself before it asks the system. */
async function linkPythonLibrary(unpacked: string): Promise<void> {
  const libraries = join(unpacked, 'usr/lib');
  for (const folder of existsSync(libraries) ? await readdir(libraries) : []) {
    if (!existsSync(join(libraries, folder, 'ntp/libntpc.so'))) continue;
    await symlink(join('../../../', folder, 'ntp/libntpc.so'), join(unpacked, PYTHON_MODULES, 'ntp/libntpc.so'));
  }
}
