import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chronydQuery } from '../support/chrony.ts';
import { runDirectory } from '../support/directory.ts';
import { Network } from '../support/network.ts';
import { type NtpdTs, startNtpdTs } from '../support/ntpd-ts.ts';
import { startNtpsec } from '../support/ntpsec.ts';
import { describeWith } from '../support/requirement.ts';
import { eventually, pause } from '../support/run.ts';

const hex = (octets: number, start: number): string =>
  Array.from({ length: octets }, (_, i) => ((start + i * 7) & 255).toString(16).padStart(2, '0')).join('');

/** Every type that Debian's chronyd has (it is built with nettle), and what each key is. */
const CHRONY_KEYS = [
  [1, 'MD5', hex(16, 1)],
  [2, 'SHA1', hex(20, 2)],
  [3, 'SHA256', hex(32, 3)],
  [4, 'SHA384', hex(32, 4)],
  [5, 'SHA512', hex(32, 5)],
  [6, 'SHA3-224', hex(28, 6)],
  [7, 'SHA3-256', hex(32, 7)],
  [8, 'SHA3-384', hex(32, 8)],
  [9, 'SHA3-512', hex(32, 9)],
  [10, 'AES128', hex(16, 10)],
  [11, 'AES256', hex(32, 11)],
] as const;

/** The types that NTPsec's ntpd is used with: `AES` is its AES-128-CMAC. */
const NTPSEC_KEYS = [
  [1, 'MD5', hex(16, 1)],
  [2, 'SHA1', hex(20, 2)],
  [10, 'AES', hex(16, 10)],
] as const;

type Key = readonly [id: number, type: string, hex: string];

await describeWith({ root: true, peers: ['chrony', 'ntpsec'] }, 'requests with a MAC', () => {
  let network: Network;
  let server: NtpdTs;
  const directory = runDirectory('keys');

  function keyFile(name: string, keys: readonly Key[], prefix: string): string {
    const file = join(directory, name);
    writeFileSync(file, keys.map(([id, type, key]) => `${id} ${type} ${prefix}${key}\n`).join(''));
    chmodSync(file, 0o600);
    return file;
  }

  const right = keyFile('chrony.keys', CHRONY_KEYS, 'HEX:');
  const wrong = keyFile(
    'wrong.keys',
    CHRONY_KEYS.map(([id, type, key]) => [id, type, hex(key.length / 2, 99)] as const),
    'HEX:',
  );

  beforeAll(async () => {
    network = await Network.open(2);
    server = await startNtpdTs(network.host(0), {
      args: ['--local-stratum', '2', '--clock', 'none'],
      config: `[keys]\nfile = "${right}"\nformat = "chrony"\n[[server]]\nlisten = "0.0.0.0:123"\n`,
    });
  });

  afterAll(async () => {
    await server?.child.stop();
    await network?.close();
  });

  const ask = (id: number, keys: string): Promise<number | undefined> =>
    chronydQuery(network.host(1), `server ${network.host(0).ipv4} iburst key ${id}`, `keyfile ${keys}`);

  for (const [id, type] of CHRONY_KEYS) {
    it.concurrent(`chronyd accepts the answer to its ${type} request`, async () => {
      expect(Math.abs((await ask(id, right)) ?? Number.NaN)).toBeLessThan(1e-3);
    });
  }

  it.concurrent('chronyd with another key of the same number gets no time', async () => {
    expect(await ask(2, wrong)).toBeUndefined();
  });

  it.concurrent('chronyd with a number that the server does not know gets no time', async () => {
    const file = keyFile('unknown.keys', [[77, 'SHA1', hex(20, 2)]], 'HEX:');
    expect(await ask(77, file)).toBeUndefined();
  });

  for (const [id, type] of NTPSEC_KEYS) {
    it(`ntpd of NTPsec synchronises to it with ${type}`, async () => {
      const client = await startNtpsec(network.host(1), ntpsecClient(id), { files: { keys: ntpKeys(NTPSEC_KEYS) } });
      try {
        await eventually('a system peer', async () => /^\*/m.test(await client.ntpq('peers')) || undefined);
        expect(await client.ntpq('associations')).toMatch(/ ok .*sys.peer/);
      } finally {
        await client.child.stop();
      }
    });
  }

  it('ntpd of NTPsec with another key of the same number does not', async () => {
    const keys = ntpKeys([[2, 'SHA1', hex(20, 99)]]);
    const client = await startNtpsec(network.host(1), ntpsecClient(2), { files: { keys } });
    try {
      await pause(10_000);
      expect(await client.ntpq('peers')).not.toMatch(/^\*/m);
    } finally {
      await client.child.stop();
    }
  });

  function ntpsecClient(id: number): string[] {
    const { ipv4 } = network.host(0);
    return ['keys @DIR@/keys', `trustedkey ${id}`, `server ${ipv4} iburst minpoll 3 key ${id}`];
  }

  function ntpKeys(keys: readonly Key[]): string {
    return keys.map(([id, type, key]) => `${id} ${type} ${key}\n`).join('');
  }
});
