import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startChronyd } from '../support/chrony.ts';
import { runDirectory } from '../support/directory.ts';
import { type Host, Network } from '../support/network.ts';
import { type NtpdTs, ntpdTs, startNtpdTs } from '../support/ntpd-ts.ts';
import { startNtpsec } from '../support/ntpsec.ts';
import { describeWith } from '../support/requirement.ts';
import { type Child, eventually, runOk } from '../support/run.ts';

const HEX16 = '000102030405060708090a0b0c0d0e0f';
const HEX20 = `${HEX16}10111213`;
const HEX32 = `${HEX16}${HEX16}`;

interface TestKey {
  readonly id: number;
  readonly chrony: string;
  /** NTPsec's name for the algorithm; null when it does not have it. */
  readonly ntpsec: string | null;
  readonly secret: string;
}

const KEYS: readonly TestKey[] = [
  { id: 1, chrony: 'MD5', ntpsec: 'MD5', secret: HEX16 },
  { id: 2, chrony: 'SHA1', ntpsec: 'SHA1', secret: HEX20 },
  { id: 3, chrony: 'SHA256', ntpsec: 'SHA256', secret: HEX32 },
  { id: 4, chrony: 'SHA384', ntpsec: 'SHA384', secret: HEX32 },
  { id: 5, chrony: 'SHA512', ntpsec: 'SHA512', secret: HEX32 },
  { id: 6, chrony: 'SHA3-224', ntpsec: 'SHA3-224', secret: HEX32 },
  { id: 7, chrony: 'SHA3-256', ntpsec: 'SHA3-256', secret: HEX32 },
  { id: 8, chrony: 'SHA3-384', ntpsec: 'SHA3-384', secret: HEX32 },
  { id: 9, chrony: 'SHA3-512', ntpsec: 'SHA3-512', secret: HEX32 },
  { id: 10, chrony: 'AES128', ntpsec: 'AES-128', secret: HEX16 },
  { id: 11, chrony: 'AES256', ntpsec: 'AES-256', secret: HEX32 },
];
/** Both sides have this key, each with a secret of its own. */
const WRONG: TestKey = { id: 99, chrony: 'SHA1', ntpsec: 'SHA1', secret: HEX20 };
const OTHER_SECRET = 'ff'.repeat(20);

const chronyFile = (keys: readonly TestKey[]): string =>
  keys.map(({ id, chrony, secret }) => `${id} ${chrony} HEX:${secret}\n`).join('');
const ntpsecFile = (keys: readonly TestKey[]): string =>
  keys.map(({ id, ntpsec, secret }) => `${id} ${ntpsec} ${secret}\n`).join('');

/** One address of `host` per key, since there is one source per address; the wrong key's is the last. */
async function addresses(host: Host, keys: readonly TestKey[]): Promise<string[]> {
  const [network = ''] = /^.*\./.exec(host.ipv4) ?? [];
  const last = Number(host.ipv4.split('.')[3]);
  const all = keys.map((_, index) => `${network}${50 * last + index}`);
  for (const address of all) {
    await runOk(['ip', '-n', host.namespace, 'addr', 'add', `${address}/24`, 'dev', host.device]);
  }
  return all;
}

interface Source {
  readonly address: string;
  readonly authenticated: boolean;
  readonly counters: Readonly<Record<string, number>>;
}

await describeWith({ root: true, peers: ['chrony', 'ntpsec'] }, 'ntpd-ts as a client with keys', () => {
  let network: Network;
  let ours: NtpdTs;
  const upstreams: Child[] = [];
  const chronyKeys = [...KEYS, WRONG];
  const ntpsecKeys = chronyKeys.filter(({ ntpsec }) => ntpsec !== null);
  let chronyAddresses: string[];
  let ntpsecAddresses: string[];

  beforeAll(async () => {
    network = await Network.open(3);
    const [client, chrony, ntpsec] = network.hosts as [Host, Host, Host];
    chronyAddresses = await addresses(chrony, chronyKeys);
    ntpsecAddresses = await addresses(ntpsec, ntpsecKeys);
    const files = { keys: chronyFile([...KEYS, { ...WRONG, secret: OTHER_SECRET }]) };
    const config = ['local stratum 3', 'allow', 'keyfile @DIR@/keys'];
    upstreams.push((await startChronyd(chrony, { config, files })).child);
    const daemon = await startNtpsec(
      ntpsec,
      [
        `server ${chrony.ipv4} iburst minpoll 3`,
        'keys @DIR@/keys',
        `trustedkey ${ntpsecKeys.map(({ id }) => id).join(' ')}`,
      ],
      { files: { keys: ntpsecFile([...ntpsecKeys.slice(0, -1), { ...WRONG, secret: OTHER_SECRET }]) } },
    );
    upstreams.push(daemon.child);
    await eventually('ntpd is synchronised', async () => /leap=00/.test(await daemon.ntpq('rv')) || undefined, 60_000);
    const keyFile = join(runDirectory('keys'), 'keys');
    writeFileSync(keyFile, chronyFile(chronyKeys), { mode: 0o600 });
    const table = (address: string, { id }: TestKey): string =>
      `[[source]]\nmode = "server"\naddress = "${address}"\nkey = ${id}\n`;
    const tables = [
      ...chronyKeys.map((key, index) => table(chronyAddresses[index] as string, key)),
      ...ntpsecKeys.map((key, index) => table(ntpsecAddresses[index] as string, key)),
    ];
    ours = await startNtpdTs(client, {
      args: ['--clock', 'software'],
      config: `[observability]\nobservation-path = "@DIR@/control.sock"\n[keys]\nfile = "${keyFile}"\n${tables.join('')}`,
    });
  }, 180_000);

  afterAll(async () => {
    await Promise.all([ours?.child, ...upstreams].map((child) => child?.stop()));
    await network?.close();
  });

  async function sources(): Promise<Map<string, Source>> {
    const done = await ntpdTs(network.host(0), ['status', '--json', '--socket', join(ours.directory, 'control.sock')]);
    const { synchronization } = JSON.parse(done.stdout) as { synchronization: { sources: Source[] } };
    return new Map(synchronization.sources.map((source) => [source.address, source]));
  }

  it('accepts every algorithm that chronyd and NTPsec have, and no wrong key', async () => {
    const good = [...chronyAddresses.slice(0, -1), ...ntpsecAddresses.slice(0, -1)];
    const wrong = [chronyAddresses.at(-1) as string, ntpsecAddresses.at(-1) as string];
    const seen = await eventually(
      'every source with a right key is used, and the others were asked as often',
      async () => {
        const all = await sources();
        const isUsed = good.every((address) => (all.get(address)?.counters['used'] ?? 0) >= 1);
        const isAsked = wrong.every((address) => (all.get(address)?.counters['requests-sent'] ?? 0) >= 3);
        return isUsed && isAsked ? all : undefined;
      },
      60_000,
    );
    for (const address of good) expect(seen.get(address)).toMatchObject({ authenticated: true });
    for (const address of wrong) expect(seen.get(address)?.counters['used']).toBe(0);
  }, 90_000);
});
