import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import { describeChanges } from '../../../src/daemon/reload.ts';
import type { Settings } from '../../../src/daemon/settings.ts';

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
