import pino from 'pino';
import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import { describeChanges, logReload } from '../../../src/daemon/reload.ts';
import type { Settings } from '../../../src/daemon/settings.ts';
import { OperatorError } from '../../../src/errors.ts';

const settings = (toml: string): Settings => ({ config: parseConfig(toml, 'test'), workers: 1, tryOut: false });

test('what changed is said listener by listener, and what needs a restart is named', () => {
  const before = settings(
    '[[server]]\nlisten = "192.0.2.1:123"\n[[server]]\nlisten = "192.0.2.2:123"\n[keys]\nfile = "/etc/keys"\n',
  );
  const after = settings(
    '[[server]]\nlisten = "192.0.2.1:123"\ninterleaved = false\n[[server]]\nlisten = "192.0.2.3:123"\n[workers]\ncount = 3\n',
  );
  expect(describeChanges(before, after)).toEqual([
    '192.0.2.1:123 answers by its new settings',
    'serving on 192.0.2.3:123',
    'no longer serving on 192.0.2.2:123',
    'keys are no longer accepted',
    'workers: the change takes effect after a restart',
  ]);
  expect(describeChanges(before, before)).toEqual(['the key file was read again']);
});

test('workers that begin with the reload need no restart for their settings', () => {
  const after = settings('[[server]]\nlisten = "192.0.2.1:123"\n[workers]\ncount = 3\n');
  expect(describeChanges(settings(''), after, true)).toEqual(['serving on 192.0.2.1:123']);
});

test('listeners of one endpoint on several interfaces are told apart', () => {
  const on = (device: string, more = ''): string =>
    `[[server]]\nlisten = "0.0.0.0:123"\ninterface = "${device}"\n${more}\n`;
  const before = settings(on('eth0') + on('eth1'));
  const changed = settings(on('eth0', 'interleaved = false') + on('eth1'));
  expect(describeChanges(before, changed)).toEqual(['0.0.0.0:123 (eth0) answers by its new settings']);
  expect(describeChanges(before, settings(on('eth1') + on('eth2')))).toEqual([
    'serving on 0.0.0.0:123 (eth2)',
    'no longer serving on 0.0.0.0:123 (eth0)',
  ]);
});

test('what a reload changed is in the log, and why it changed nothing', async () => {
  const lines: object[] = [];
  const log = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  expect(await logReload(log, Promise.resolve(['serving on 192.0.2.3:123']))).toEqual(['serving on 192.0.2.3:123']);
  const refused = new OperatorError('key-file', '/etc/keys: line 3: no such type');
  await expect(logReload(log, Promise.reject(refused))).rejects.toBe(refused);
  expect(lines).toMatchObject([
    { msg: 'the configuration was read again', changes: ['serving on 192.0.2.3:123'] },
    { msg: 'the configuration was not changed: /etc/keys: line 3: no such type', code: 'key-file' },
  ]);
});
