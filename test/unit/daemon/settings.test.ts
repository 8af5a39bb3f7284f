import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatEndpoint } from '../../../src/config/conflicts.ts';
import { resolveSettings } from '../../../src/daemon/settings.ts';
import { runDirectory } from '../../support/directory.ts';

function file(toml: string): string {
  const path = join(runDirectory('settings'), 'ntp.toml');
  writeFileSync(path, toml);
  return path;
}

const listening = (settings: ReturnType<typeof resolveSettings>): string[] =>
  settings.config.server.map(({ listen }) => formatEndpoint(listen));

describe('settings', () => {
  it('without file and flags serve the local clock on loopback, on an unprivileged port', () => {
    const settings = resolveSettings({});
    expect(settings.tryOut).toBe(true);
    expect(listening(settings)).toContain('127.0.0.1:11123');
    expect(settings.config.synchronization.localStratum).toBe(10);
    expect(settings.workers).toBe(availableParallelism());
  });

  it('never vouch for the local clock off loopback unless somebody configured it', () => {
    expect(resolveSettings({ listen: ['127.0.0.1:1123', '[::1]:1123'] }).config.synchronization.localStratum).toBe(10);
    expect(resolveSettings({ listen: ['127.0.0.1:1123', '0.0.0.0:1123'] }).config.synchronization.localStratum).toBe(
      16,
    );
    expect(resolveSettings({ config: file('') }).config.synchronization.localStratum).toBe(16);
    const configured = resolveSettings({
      config: file('[synchronization]\nlocal-stratum = 4\n'),
      listen: ['[::]:1123'],
    });
    expect(configured.config.synchronization.localStratum).toBe(4);
  });

  it('let flags win over the file', () => {
    const config = file(
      '[[server]]\nlisten = "0.0.0.0:123"\n[workers]\ncount = 3\n[synchronization]\nlocal-stratum = 4\n',
    );
    const settings = resolveSettings({
      config,
      listen: ['[fe80::1%lo]:1123'],
      workers: 2,
      localStratum: 5,
      clock: 'none',
    });
    expect(listening(settings)).toEqual(['[fe80::1%lo]:1123']);
    expect(settings.workers).toBe(2);
    expect(settings.config.synchronization).toMatchObject({ localStratum: 5, clock: 'none' });
    expect(resolveSettings({ config }).workers).toBe(3);
  });

  it('take a listener that is given twice once', () => {
    expect(listening(resolveSettings({ listen: ['[::1]:1123', '[::1]:1123'] }))).toEqual(['[::1]:1123']);
  });

  it('refuse a listener that is none', () => {
    expect(() => resolveSettings({ listen: ['localhost:123'] })).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});
