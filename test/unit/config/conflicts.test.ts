import { describe, expect, it } from 'vitest';
import { conflicts, formatEndpoint, warnings } from '../../../src/config/conflicts.ts';
import { type ConfigError, parseConfig } from '../../../src/config/load.ts';

function conflictKeys(toml: string): string[] {
  try {
    parseConfig(toml, 'ntp.toml');
    return [];
  } catch (error) {
    return (error as ConfigError).problems.map(({ code, key, line }) => `${code} ${key} ${line}`);
  }
}

const SOURCE = '[[source]]\nmode = "server"\naddress = "a.example"\n';

describe('conflicts', () => {
  it('are found between listeners', () => {
    const toml = '[[server]]\nlisten = "[::]:123"\n[[server]]\nlisten = "[::]:123"\n';
    expect(conflictKeys(toml)).toEqual(['config-conflict server[1].listen 4']);
  });

  it('are none between listeners on different interfaces, nor between an address and the wildcard', () => {
    const on = (device: string): string => `[[server]]\nlisten = "0.0.0.0:123"\ninterface = "${device}"\n`;
    expect(conflictKeys(on('eth0') + on('eth1'))).toEqual([]);
    expect(conflictKeys(on('eth0') + on('eth0'))).toEqual(['config-conflict server[1].listen 5']);
    expect(conflictKeys(`${on('eth0')}[[server]]\nlisten = "192.0.2.1:123"\n`)).toEqual([]);
  });

  it('are found between poll interval and limits, own or common', () => {
    expect(conflictKeys('[source-defaults]\ninitial-poll-interval = 3\n')).toEqual([
      'config-conflict source-defaults.initial-poll-interval 2',
    ]);
    expect(conflictKeys(`${SOURCE}initial-poll-interval = 11\n`)).toEqual([
      'config-conflict source[0].initial-poll-interval 4',
    ]);
  });

  it('are found between delays', () => {
    expect(conflictKeys(`${SOURCE}min-delay = 2\nmax-delay = 1\n`)).toEqual(['config-conflict source[0].min-delay 4']);
  });

  it('are found where a source has a key and there is no key file', () => {
    expect(conflictKeys(`${SOURCE}key = 7\n`)).toEqual(['config-conflict source[0].key 4']);
    expect(conflictKeys(`[keys]\nfile = "/etc/keys"\n${SOURCE}key = 7\n`)).toEqual([]);
  });

  it('are none in a sound configuration', () => {
    expect(conflictKeys(`${SOURCE}poll-interval-limits = { min = 6, max = 8 }\n`)).toEqual([]);
    expect(conflicts(parseConfig(SOURCE, ''))).toEqual([]);
  });
});

describe('warnings', () => {
  it('tell when the sources cannot reach the minimum', () => {
    expect(warnings(parseConfig(SOURCE, ''))).toEqual([
      expect.stringContaining('cannot reach minimum-agreeing-sources (3)'),
    ]);
    expect(
      warnings(parseConfig(`${SOURCE}noselect = true\n[synchronization]\nminimum-agreeing-sources = 1\n`, '')),
    ).toHaveLength(1);
    expect(warnings(parseConfig('[[source]]\nmode = "pool"\naddress = "a.example"\n', ''))).toEqual([]);
    expect(warnings(parseConfig('', ''))).toEqual([]);
  });

  it('tell of a listener that serves nobody', () => {
    const server = '[[server]]\nlisten = "127.0.0.1:123"\n';
    for (const line of ['allowlist = { filter = [], action = "ignore" }\n', 'accept-ntp-versions = []\n']) {
      expect(warnings(parseConfig(`${server}${line}`, ''))).toEqual([expect.stringContaining('so nobody is served')]);
    }
    expect(warnings(parseConfig(`${server}denylist = { filter = [], action = "ignore" }\n`, ''))).toEqual([]);
  });

  it('tell about a smear that would learn of leap seconds late', () => {
    const smeared = '[[server]]\nlisten = "127.0.0.1:123"\nsmear = "slew"\n';
    expect(warnings(parseConfig(smeared, ''))).toEqual([expect.stringContaining('server[0].smear: without leap-file')]);
    expect(warnings(parseConfig(`${smeared}[synchronization]\nleap-file = "/leap"\n`, ''))).toEqual([]);
  });

  it('name the first prefixes of a list with host bits, and count the others', () => {
    const filter = Array.from({ length: 1000 }, (_, i) => `"10.0.${i >> 8}.${i & 255}/16"`);
    const list = `[[server]]\nlisten = "127.0.0.1:123"\ndenylist = { filter = [${filter}], action = "deny" }\n`;
    expect(warnings(parseConfig(list, ''))).toEqual([
      'server[0].denylist: 10.0.0.1/16 is taken for 10.0.0.0/16',
      'server[0].denylist: 10.0.0.2/16 is taken for 10.0.0.0/16',
      'server[0].denylist: 10.0.0.3/16 is taken for 10.0.0.0/16',
      'server[0].denylist: 996 more prefixes have bits set beyond their length, which are dropped',
    ]);
  });
});

describe('endpoints', () => {
  it('are written as they are read', () => {
    expect(formatEndpoint({ address: '192.0.2.1', scope: null, port: 1 })).toBe('192.0.2.1:1');
    expect(formatEndpoint({ address: 'fe80::1', scope: 'eth0', port: 123 })).toBe('[fe80::1%eth0]:123');
  });
});
