import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';

const LOGGER = new URL('../../../src/daemon/logger.ts', import.meta.url).href;

/** What a process whose standard output is no terminal logs, and its status. */
function logged(observability: object, then: string): { stdout: string; status: number | null } {
  const script = `import { createLogger } from '${LOGGER}';
    const log = createLogger(${JSON.stringify(observability)});
    ${then}`;
  return spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { encoding: 'utf8' });
}

test('off a terminal every line is JSON with time, level and message, and lines below the level are left out', () => {
  const { stdout } = logged(
    { logLevel: 'info', ansiColors: null },
    `log.debug('no'); log.info({ listen: '[::]:123' }, 'yes');`,
  );
  const lines = stdout.trim().split('\n');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] as string)).toEqual({
    level: 30,
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    listen: '[::]:123',
    msg: 'yes',
  });
});

test('colours that are asked for make lines for people, and off is silent', () => {
  expect(logged({ logLevel: 'info', ansiColors: true }, `log.info('hello')`).stdout).toMatch(/INFO.*hello/);
  expect(logged({ logLevel: 'off', ansiColors: null }, `log.fatal('hello')`).stdout).toBe('');
});

test('a reader that has stopped reading holds nobody up, and what it missed comes later, in order', async () => {
  const script = `import { createLogger } from '${LOGGER}';
    const log = createLogger({ logLevel: 'info', ansiColors: null });
    let i = 0;
    while (i < 3000) log.info({ i: i++ }, 'x'.repeat(200));
    process.stderr.write('went on');
    setInterval(() => log.info({ i: i++ }, 'later'), 2);`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
  await once(child.stderr, 'data'); // nobody has read standard output until here
  const numbers: number[] = [];
  for await (const line of createInterface(child.stdout)) {
    const { i, msg } = JSON.parse(line);
    numbers.push(i);
    if (msg === 'later') break;
  }
  child.kill();
  expect(numbers).toEqual(Array.from({ length: 3001 }, (_, i) => i));
});
