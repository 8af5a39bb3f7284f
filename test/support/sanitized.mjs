// Builds the addon with the address and undefined-behaviour sanitizers and runs the native tests on it.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

function run(command, args, env = {}) {
  const done = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  if (done.status !== 0) process.exit(done.status ?? 1);
}

/** Where the compiler keeps a runtime; Node itself is not built with it, so it has to be loaded first. */
function runtime(name) {
  return spawnSync(process.env.CXX ?? 'g++', [`-print-file-name=${name}`], { encoding: 'utf8' }).stdout.trim();
}

run(process.execPath, ['addon/build.mjs', '--sanitize']);
// What only reads its arguments, or answers over arrays, calls nothing of the addon: the ordinary run has it.
const withoutAddon = /exits with 64 and says why|helps with every verb|answers over arrays/;
const only = process.argv.slice(2);
const tests = only.length > 0 ? only : ['test/native', `--testNamePattern=^(?!.*(${withoutAddon.source}))`];
run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...tests], {
  NTPD_TS_ADDON: `${root}/addon/build/Debug/ntpd_ts.node`,
  LD_PRELOAD: `${runtime('libasan.so')} ${runtime('libubsan.so')}`,
  // Node frees little at exit on purpose; leaks of descriptors and memory have tests of their own.
  ASAN_OPTIONS: 'detect_leaks=0',
  UBSAN_OPTIONS: 'print_stacktrace=1',
});
// The build folder is shared: leave it as an ordinary build expects it.
run(process.execPath, ['addon/build.mjs']);
