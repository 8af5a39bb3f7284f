import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startChronyd } from '../support/chrony.ts';
import { runDirectory } from '../support/directory.ts';
import { Network } from '../support/network.ts';
import { type NtpdTs, startNtpdTs } from '../support/ntpd-ts.ts';
import { startNtpsec } from '../support/ntpsec.ts';
import { describeWith } from '../support/requirement.ts';
import { eventually } from '../support/run.ts';

const HEX16 = '000102030405060708090a0b0c0d0e0f';
const HEX20 = `${HEX16}10111213`;
const HEX32 = `${HEX16}${HEX16}`;

/** Every algorithm that chronyd has, by key id. */
const CHRONY_KEYS: readonly (readonly [number, string, string])[] = [
  [1, 'MD5', HEX16],
  [2, 'SHA1', HEX20],
  [3, 'SHA256', HEX32],
  [4, 'SHA384', HEX32],
  [5, 'SHA512', HEX32],
  [6, 'SHA3-224', HEX32],
  [7, 'SHA3-256', HEX32],
  [8, 'SHA3-384', HEX32],
  [9, 'SHA3-512', HEX32],
  [10, 'AES128', HEX16],
  [11, 'AES256', HEX32],
];
/** A key that both sides have, but not with the same secret. */
const WRONG = 99;
const WRONG_KEY = [WRONG, 'SHA1'] as const;
/** A key that the server does not have. */
const UNKNOWN_KEY = [77, 'SHA1', HEX20] as const;
const chronyKeys = (...more: (readonly [number, string, string])[]) =>
  [...CHRONY_KEYS, ...more].map(([id, type, secret]) => `${id} ${type} HEX:${secret}`).join('\n');

const NTPSEC_KEYS: readonly (readonly [number, string, string])[] = [
  [1, 'MD5', HEX16],
  [2, 'SHA1', HEX20],
  [3, 'SHA256', HEX32],
  [4, 'SHA384', HEX32],
  [5, 'SHA512', HEX32],
  [6, 'SHA3-224', HEX32],
  [7, 'SHA3-256', HEX32],
  [8, 'SHA3-384', HEX32],
  [9, 'SHA3-512', HEX32],
  [10, 'AES-128', HEX16],
  [11, 'AES-256', HEX32],
];
const ntpsecKeys = (wrongSecret: string) =>
  [...NTPSEC_KEYS, [...WRONG_KEY, wrongSecret]].map((fields) => fields.join(' ')).join('\n');

const OTHER_SECRET = 'ff'.repeat(20);

await describeWith({ root: true, peers: ['chrony', 'ntpsec'] }, 'symmetric keys', () => {
  let network: Network;
  let server: NtpdTs;

  beforeAll(async () => {
    network = await Network.open(2);
    const keys = join(runDirectory('keys'), 'keys');
    writeFileSync(keys, chronyKeys([...WRONG_KEY, HEX20]), { mode: 0o600 });
    server = await startNtpdTs(network.host(0), {
      config: `[[server]]\nlisten = "0.0.0.0:123"\n[keys]\nfile = "${keys}"\n[synchronization]\nlocal-stratum = 2\nclock = "none"\n`,
    });
  });

  afterAll(async () => {
    await server?.child.stop();
    await network?.close();
  });

  const refused = new Map<number, string>([
    [WRONG, ', the secret being another: not accepted'],
    [UNKNOWN_KEY[0], ', the server not having the key: not accepted'],
  ]);
  for (const [id, type] of [...CHRONY_KEYS, WRONG_KEY, UNKNOWN_KEY]) {
    const version = id % 2 === 0 ? 3 : 4;
    it.concurrent(`${type} with chronyd, NTPv${version}${refused.get(id) ?? ''}`, async () => {
      const { ipv4 } = network.host(0);
      const client = await startChronyd(network.host(1), {
        config: [`server ${ipv4} key ${id} version ${version} minpoll -2 maxpoll -2`, 'keyfile @DIR@/keys'],
        files: { keys: chronyKeys([...WRONG_KEY, OTHER_SECRET], UNKNOWN_KEY) },
      });
      try {
        const data = await eventually('chronyd has asked several times', async () => {
          const text = await client.chronyc('ntpdata', ipv4);
          return Number(/Total TX\s*: (\d+)/.exec(text)?.[1]) > 4 ? text : undefined;
        });
        const good = Number(/Total good RX\s*: (\d+)/.exec(data)?.[1]);
        if (refused.has(id)) {
          expect(good).toBe(0);
        } else {
          expect(good).toBeGreaterThan(0);
          expect(data).toMatch(/Authenticated\s*: Yes/);
        }
      } finally {
        await client.child.stop();
      }
    });
  }

  it('of every kind that ntpsec has are accepted by it, and a wrong one is not', async () => {
    const { ipv4 } = network.host(0);
    for (const [id, type] of [...NTPSEC_KEYS, WRONG_KEY]) {
      const ids = [...NTPSEC_KEYS, WRONG_KEY].map(([each]) => each).join(' ');
      const client = await startNtpsec(
        network.host(1),
        ['keys @DIR@/keys', `trustedkey ${ids}`, `server ${ipv4} key ${id} iburst minpoll 3 maxpoll 3`],
        { files: { keys: ntpsecKeys(OTHER_SECRET) } },
      );
      try {
        const row = await eventually(`ntpsec has asked under ${type}`, async () => {
          const text = await client.ntpq('associations');
          const fields = text
            .split('\n')
            .find((line) => /^\s*1\s/.test(line))
            ?.trim()
            .split(/\s+/);
          if (fields === undefined) return undefined;
          const reached = fields[4] === 'yes';
          return reached || (id === WRONG && fields[5] === 'bad') ? fields : undefined;
        });
        expect(row[5], type).toBe(id === WRONG ? 'bad' : 'ok');
      } finally {
        await client.child.stop();
      }
    }
  });
});
