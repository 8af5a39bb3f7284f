import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runDirectory } from '../../support/directory.ts';
import { type Host, Network } from '../../support/network.ts';
import { ntpdTs, PROGRAM } from '../../support/ntpd-ts.ts';
import { describeWith } from '../../support/requirement.ts';
import { run, runOk } from '../../support/run.ts';

const USAGE = 64;
const DATA = 65;
const UNAVAILABLE = 69;
const PERMISSION = 77;

const directory = runDirectory('load');
const file = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};

describe('load refuses', () => {
  it.each<[string, number, RegExp, string[]]>([
    ['a rate of zero', USAGE, /--rate: 0 is outside/, ['127.0.0.1', '--rate', '0']],
    ['a rate that is no number', USAGE, /--rate: "fast" is no number/, ['127.0.0.1', '--rate', 'fast']],
    ['a rate beyond any machine', USAGE, /--rate: 1e9 is outside/, ['127.0.0.1', '--rate', '1e9']],
    ['both a rate and a poll', USAGE, /one of them/, ['127.0.0.1', '--rate', '1', '--poll', '64']],
    ['the broadcast address', USAGE, /broadcast/, ['255.255.255.255']],
    ['a reserved address', USAGE, /240\.0\.0\.1 is reserved/, ['240.0.0.1']],
    [
      'a page that cannot be written, before it measures',
      UNAVAILABLE,
      /nowhere.*no such file/,
      ['127.0.0.1', '--html', '/nowhere/page.html'],
    ],
    ['the broadcast address of a network of ours', USAGE, /broadcast address of 127/, ['127.255.255.255']],
    ['a multicast group', USAGE, /multicast/, ['224.0.1.1']],
    ['an IPv6 multicast group', USAGE, /multicast/, ['ff02::101']],
    ['a stranger', USAGE, /--i-own-this-server/, ['192.0.2.1', '--rate', '101']],
    ['a stranger at the end of a search', USAGE, /--i-own-this-server/, ['192.0.2.1', '--rate', '10', '--search']],
    ['an unknown engine', USAGE, /neither socket nor raw/, ['127.0.0.1', '--engine', 'magic']],
    ['raw without a network', USAGE, /--clients/, ['127.0.0.1', '--engine', 'raw']],
    [
      'clients that are no network',
      USAGE,
      /no network such as/,
      ['127.0.0.1', '--engine', 'raw', '--clients', '10.0.0.1/8'],
    ],
    ['clients of the other family', USAGE, /same family/, ['127.0.0.1', '--engine', 'raw', '--clients', 'fd00::/64']],
    [
      "clients in a stranger's network",
      USAGE,
      /--i-own-this-network/,
      ['127.0.0.1', '--engine', 'raw', '--clients', '192.0.2.0/24'],
    ],
    ['a mix of unknown behaviour', USAGE, /--mix/, ['127.0.0.1', '--mix', 'rude:1']],
    ['a version that never was', USAGE, /--versions/, ['127.0.0.1', '--versions', '5:1']],
    ['a source address of another machine', USAGE, /--source/, ['127.0.0.1', '--source', '192.0.2.1']],
    ['a name without address', UNAVAILABLE, /has no address/, ['no-such-host.invalid']],
    ['two targets', USAGE, /one target at a time/, ['127.0.0.1', '127.0.0.2']],
    ['a comparison of nothing', USAGE, /name the files/, ['compare']],
  ])('%s', async (_, status, message, args) => {
    const done = await ntpdTs(null, ['load', ...args]);
    expect(done.stderr).toMatch(message);
    expect(done.status).toBe(status);
  });

  it('says that a target does not answer, after having asked', async () => {
    const done = await ntpdTs(null, ['load', '127.0.0.1', '--port', '11951', '--rate', '50', '--duration', '0.2']);
    expect(done.stderr).toMatch(/answered none/);
    expect(done.status).toBe(UNAVAILABLE);
  });

  it('results that are missing, something else, of another version, or cut short', async () => {
    const cases: [string, RegExp][] = [
      [join(directory, 'missing.json'), /ENOENT/],
      [file('text.json', 'no json'), /JSON/],
      [file('other.json', '{"format":"other"}'), /not a file of results/],
      [file('old.json', '{"format":"ntpd-ts-load","version":0}'), /results of version 0/],
      [file('cut.json', '{"format":"ntpd-ts-load","version":1,"about":{}}'), /without steps/],
    ];
    for (const [path, message] of cases) {
      const done = await ntpdTs(null, ['load', 'compare', path, '--html', join(directory, 'page.html')]);
      expect(done.stderr).toMatch(message);
      expect(done.status).toBe(DATA);
    }
  });
});

await describeWith({ root: true }, 'load over an interface refuses', () => {
  let network: Network;
  let host: Host;
  beforeAll(async () => {
    network = await Network.open(2);
    host = network.host(0);
  });
  afterAll(() => network?.close());
  const raw = (...args: string[]): string[] => ['load', ...args, '--engine', 'raw', '--clients', '10.99.0.0/16'];

  it('one that does not exist', async () => {
    const done = await ntpdTs(host, raw('10.77.0.2', '--interface', 'nothing0'));
    expect(done.stderr).toMatch(/there is no interface nothing0/);
    expect(done.status).toBe(UNAVAILABLE);
  });

  it('a target that no route leads to', async () => {
    const done = await ntpdTs(host, raw('10.200.0.1'));
    expect(done.stderr).toMatch(/no route/);
    expect(done.status).toBe(UNAVAILABLE);
  });

  it('a target that the kernel has no route to, over sockets', async () => {
    const done = await ntpdTs(host, ['load', '10.200.0.1', '--rate', '50', '--duration', '0.2', '--timeout', '0.1']);
    expect(done.stderr).toMatch(/cannot be reached/);
    expect(done.status).toBe(UNAVAILABLE);
  });

  it('a next hop that does not answer', async () => {
    const done = await ntpdTs(host, raw('10.77.0.200'));
    expect(done.stderr).toMatch(/10\.77\.0\.200 does not answer on veth0/);
    expect(done.status).toBe(UNAVAILABLE);
  });

  it.each([
    ['frames', '-net_raw,-net_admin'],
    ['programs', '-bpf,-sys_admin'],
  ])('the capabilities for %s when it lacks them, naming them and the way without', async (_, lacking) => {
    const argv = ['setpriv', '--bounding-set', lacking, '--inh-caps', lacking];
    const done = await run(host.inside([...argv, process.execPath, PROGRAM, ...raw('10.77.0.2')]));
    expect(done.stderr).toMatch(/CAP_NET_RAW.*--engine socket/);
    expect(done.status).toBe(PERMISSION);
  });

  it('one without carrier', async () => {
    await runOk(['ip', '-n', network.host(1).namespace, 'link', 'set', 'veth0', 'down']);
    const done = await ntpdTs(host, raw('10.77.0.2', '--interface', 'veth0'));
    expect(done.stderr).toMatch(/no carrier/);
    expect(done.status).toBe(UNAVAILABLE);
  });
});
