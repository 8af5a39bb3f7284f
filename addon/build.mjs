// Builds the addon with node-gyp against the headers that lie beside the running Node, so that a build needs
// no network and no npm settings. `--sanitize` builds the ASan/UBSan variant into build/Debug beside the other.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const sanitize = process.argv.includes('--sanitize');

const prefix = dirname(dirname(process.execPath));
const candidates = [process.env.npm_config_nodedir, prefix, '/usr', '/usr/local'].filter(Boolean);
const nodedir = candidates.find((dir) => existsSync(join(dir, 'include/node/node_api.h')));
if (nodedir === undefined) {
  console.error(
    `ntpd-ts: no Node.js headers found (looked for include/node/node_api.h in ${candidates.join(', ')}).\n` +
      'Install the headers that belong to this Node (Debian: libnode-dev; nodejs.org archives bring them), or set npm_config_nodedir to the folder that holds include/node.',
  );
  process.exit(1);
}

/** @returns {string[]} the command that runs node-gyp: our own copy, else the one npm puts on the PATH */
function nodeGyp() {
  try {
    return [process.execPath, require.resolve('node-gyp/bin/node-gyp.js')];
  } catch {
    return ['node-gyp'];
  }
}

const [command, ...prefixArgs] = nodeGyp();

/** Runs one verb of node-gyp; what stands behind `--` goes to gyp, or to make, each its own. */
function run(verb, ...rest) {
  const args = [
    ...prefixArgs,
    verb,
    '--silent',
    `--directory=${here}`,
    `--nodedir=${nodedir}`,
    sanitize ? '--debug' : '--release',
    ...rest,
  ];
  return spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, MAKEFLAGS: '-j2' } });
}

const configured = run('configure', '--', `-Dsanitize=${sanitize ? 1 : 0}`);
const done = configured.status === 0 ? run('build') : configured;
if (done.error) console.error(`ntpd-ts: cannot run ${command}: ${done.error.message}`);
if (done.status !== 0) {
  console.error(
    'ntpd-ts: the addon did not build; it needs make, python3 and a C++20 compiler (Debian: build-essential python3).',
  );
}
process.exit(done.status ?? 1);
