import { expect, it } from 'vitest';
import { chronydQuery, startChronyd } from '../support/chrony.ts';
import { linkLocalAddress } from '../support/network.ts';
import { describeWith } from '../support/requirement.ts';
import { eventually } from '../support/run.ts';
import { useServedNetwork } from '../support/served-network.ts';

/**
 * The namespaces share one clock, so whatever a client finds wrong with it is the error of the exchange: microseconds,
 * and more only while the machine is busy with other things.
 */
const OFFSET_SECONDS_MAX = 100e-6;

await describeWith({ root: true, peers: ['chrony'] }, 'chronyd as a client of ntpd-ts', () => {
  const network = useServedNetwork();

  for (const family of ['ipv4', 'ipv6'] as const) {
    for (const version of [4, 3, 2, 1]) {
      it.concurrent(`accepts its time in one shot over ${family}, NTPv${version}`, async () => {
        const [ours, theirs] = network().hosts;
        if (ours === undefined || theirs === undefined) throw new Error('no hosts');
        const offset = await chronydQuery(theirs, `server ${ours[family]} iburst version ${version}`);
        expect(offset).toBeDefined();
        expect(Math.abs(offset ?? Number.NaN)).toBeLessThan(OFFSET_SECONDS_MAX);
      });
    }
  }

  it.concurrent('accepts its time over a link-local address', async () => {
    const theirs = network().host(1);
    const address = await linkLocalAddress(network().host(0));
    // chronyd keeps no scope with an address: binding to the device gives it one.
    const offset = await chronydQuery(theirs, `server ${address} iburst`, `bindacqdevice ${theirs.device}`);
    expect(Math.abs(offset ?? Number.NaN)).toBeLessThan(OFFSET_SECONDS_MAX);
  });

  it('follows it as a running daemon, over IPv4 and IPv6 at once', async () => {
    const ours = network().host(0);
    const client = await startChronyd(network().host(1), {
      config: [ours.ipv4, ours.ipv6].map((address) => `server ${address} iburst minpoll 0 maxpoll 0`),
    });
    try {
      const sources = await eventually('both sources are selectable', async () => {
        const rows = (await client.chronyc('-c', 'sources'))
          .trim()
          .split('\n')
          .map((row) => row.split(','));
        return rows.length === 2 && rows.every((row) => row[1] === '*' || row[1] === '+') ? rows : undefined;
      });
      expect(sources.map((row) => row[3])).toEqual(['2', '2']);
      const tracking = (await client.chronyc('-c', 'tracking')).trim().split(',');
      expect(tracking[2]).toBe('3');
      expect(tracking[13]).toBe('Normal');
      for (const address of [ours.ipv4, ours.ipv6]) {
        const data = await client.chronyc('ntpdata', address);
        expect(data).toMatch(/Leap status\s*: Normal/);
        expect(data).toMatch(/Version\s*: 4/);
        expect(data).toMatch(/Mode\s*: Server/);
        expect(data).toMatch(/NTP tests\s*: 111 111 1111/);
        expect(data).toMatch(/Interleaved\s*: No/);
        expect(Number(/^Offset\s*: ([-+0-9.e]+)/m.exec(data)?.[1])).toBeLessThan(OFFSET_SECONDS_MAX);
      }
    } finally {
      await client.child.stop();
    }
  });
});
