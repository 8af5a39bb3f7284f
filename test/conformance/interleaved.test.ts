import { afterAll, beforeAll, expect, it } from 'vitest';
import { startChronyd } from '../support/chrony.ts';
import { Network } from '../support/network.ts';
import { type NtpdTs, startNtpdTs } from '../support/ntpd-ts.ts';
import { describeWith } from '../support/requirement.ts';
import { eventually } from '../support/run.ts';

await describeWith({ root: true, peers: ['chrony'] }, 'chronyd with xleave', () => {
  let network: Network;
  let server: NtpdTs;

  beforeAll(async () => {
    network = await Network.open(2);
    server = await startNtpdTs(network.host(0), {
      args: ['--listen', '0.0.0.0:123', '--listen', '[::]:123', '--local-stratum', '2', '--clock', 'none'],
    });
  });

  afterAll(async () => {
    await server?.child.stop();
    await network?.close();
  });

  it('uses interleaved mode over IPv4 and IPv6 and finds nothing wrong with it', async () => {
    const ours = network.host(0);
    const addresses = [ours.ipv4, ours.ipv6];
    const client = await startChronyd(network.host(1), {
      config: addresses.map((address) => `server ${address} xleave minpoll -2 maxpoll -2`),
    });
    try {
      for (const address of addresses) {
        const data = await eventually('ntpdata says interleaved', async () => {
          const text = await client.chronyc('ntpdata', address);
          return /Interleaved\s*: Yes/.test(text) && Number(/Total good RX\s*: (\d+)/.exec(text)?.[1]) > 20
            ? text
            : undefined;
        });
        expect(data).toMatch(/NTP tests\s*: 111 111 1111/);
        expect(Math.abs(Number(/^Offset\s*: ([-+0-9.e]+)/m.exec(data)?.[1]))).toBeLessThan(50e-6);
        expect(Number(/Total valid RX\s*: (\d+)/.exec(data)?.[1])).toBe(Number(/Total RX\s*: (\d+)/.exec(data)?.[1]));
      }
    } finally {
      await client.child.stop();
    }
  });
});
