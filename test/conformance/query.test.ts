import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { SERVE_LOCAL, startChronyd } from '../support/chrony.ts';
import { type Host, linkLocalAddress, Network } from '../support/network.ts';
import { ntpdTs, startNtpdTs } from '../support/ntpd-ts.ts';
import { startNtpsec } from '../support/ntpsec.ts';
import { startOpenntpd } from '../support/openntpd.ts';
import { describeWith } from '../support/requirement.ts';
import { type Child, eventually } from '../support/run.ts';

interface Answer {
  readonly received: number;
  readonly result: {
    readonly offsetSeconds: number;
    readonly delaySeconds: number;
    readonly stratum: number;
    readonly leap: number;
    readonly leapText: string;
    readonly version: number;
    readonly refid: string;
    readonly transmitStamp: string;
    readonly receiveStamp: string;
  };
}

/** The namespaces share one clock: whatever the offset, it is the exchange's error, at most half the delay. */
function expectTrue({ offsetSeconds, delaySeconds }: Answer['result']): void {
  expect(Math.abs(offsetSeconds)).toBeLessThanOrEqual(delaySeconds / 2 + STAMP_SECONDS);
}

/** Servers make their stamps uncertain below the precision that they claim. */
const STAMP_SECONDS = 2e-6;

await describeWith({ root: true, peers: ['chrony', 'ntpsec', 'openntpd'] }, 'ntpd-ts query', () => {
  let network: Network;
  let server: Host;
  let client: Host;
  const running: Child[] = [];

  beforeAll(async () => {
    network = await Network.open(2);
    server = network.host(0);
    client = network.host(1);
  });

  afterEach(async () => {
    await Promise.all(running.splice(0).map((child) => child.stop()));
  });

  afterAll(async () => {
    await network?.close();
  });

  async function query(...args: string[]): Promise<Answer> {
    const done = await ntpdTs(client, ['query', '--json', ...args]);
    expect(done.status, done.stderr).toBe(0);
    const parsed = JSON.parse(done.stdout) as Answer[] | { servers: Answer[] };
    const [answer] = Array.isArray(parsed) ? parsed : parsed.servers;
    if (answer === undefined) throw new Error(done.stdout);
    return answer;
  }

  it('reads chronyd over IPv4, IPv6 and link-local addresses, NTPv4 and NTPv3', async () => {
    running.push((await startChronyd(server, { config: SERVE_LOCAL })).child);
    const targets = [server.ipv4, server.ipv6, `${await linkLocalAddress(server)}%${client.device}`];
    for (const target of targets) {
      for (const version of [4, 3]) {
        const { received, result } = await query('--ntp-version', String(version), target);
        expect(received).toBe(4);
        expectTrue(result);
        expect(result).toMatchObject({ stratum: 3, leap: 0, version, refid: '127.127.1.1' });
        expect(result).toMatchObject({ transmitStamp: 'kernel', receiveStamp: 'kernel' });
      }
    }
  });

  it('reads an ntpd of NTPsec that follows a chronyd', async () => {
    running.push((await startChronyd(client, { config: SERVE_LOCAL })).child);
    const ntpd = await startNtpsec(server, [`server ${client.ipv4} iburst minpoll 3`]);
    running.push(ntpd.child);
    await eventually('ntpd is synchronised', async () => /leap=00/.test(await ntpd.ntpq('rv')) || undefined);
    const { result } = await query(server.ipv4);
    // NTPsec stamps late and slews what it measured: a tenth of a millisecond is its own.
    expect(Math.abs(result.offsetSeconds)).toBeLessThan(2e-3);
    expect(result).toMatchObject({ stratum: 4, leap: 0, version: 4, refid: client.ipv4 });
  });

  it('reads an openntpd, and says that its clock is not synchronised', async () => {
    running.push((await startOpenntpd(server, [`listen on ${server.ipv4}`])).child);
    const { result } = await query(server.ipv4);
    expect(Math.abs(result.offsetSeconds)).toBeLessThan(2e-3);
    expect(result.leap).toBe(3);
    const told = await ntpdTs(client, ['query', server.ipv4]);
    expect(told.stdout + told.stderr).toContain('not synchronised');
  });

  it('reads our own server', async () => {
    const args = ['--listen', '0.0.0.0:123', '--local-stratum', '2', '--clock', 'none'];
    running.push((await startNtpdTs(server, { args })).child);
    const { received, result } = await query(server.ipv4);
    expect(received).toBe(4);
    expectTrue(result);
    expect(result).toMatchObject({ stratum: 2, leap: 0, version: 4 });
  });

  it('exits 69 and says so where nobody answers', async () => {
    const done = await ntpdTs(client, ['query', '--timeout', '0.2', server.ipv4]);
    expect(done.status).toBe(69);
    expect(done.stderr).toContain('no answer');
  });
});
