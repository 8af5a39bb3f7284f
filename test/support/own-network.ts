import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { describeWith } from './requirement.ts';
import { run } from './run.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const VITEST = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));
/** Set where the tests themselves run. */
const INSIDE = 'NTPD_TS_OWN_NETWORK';

/**
 * Groups tests that change the network they run in: routes, queues, addresses. They run in a process of their own whose
 * network is an empty one, a loopback and nothing else; needs root. At most once in a file.
 *
 * @param url - `import.meta.url` of the file.
 */
export async function describeInOwnNetwork(url: string, name: string, tests: () => void): Promise<void> {
  if (process.env[INSIDE] !== undefined) {
    describe(name, tests);
    return;
  }
  await describeWith({ root: true, commands: ['unshare', 'tc'] }, name, () => {
    it('in a network of its own', async () => {
      const inside = ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
      const argv = [...inside, process.execPath, VITEST, 'run', relative(ROOT, fileURLToPath(url))];
      const done = await run(argv, { cwd: ROOT, env: { [INSIDE]: '1' }, timeoutMs: 100_000 });
      for (const line of (done.stdout + done.stderr).split('\n')) if (line.includes('SKIPPED:')) console.warn(line);
      expect(done.status, done.stdout + done.stderr).toBe(0);
    });
  });
}
