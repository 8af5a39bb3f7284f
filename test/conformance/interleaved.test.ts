import { afterAll, beforeAll, expect, it } from 'vitest';
import { startChronyd } from '../support/chrony.ts';
import { Network } from '../support/network.ts';
import { type NtpdTs, startNtpdTs } from '../support/ntpd-ts.ts';
import { describeWith } from '../support/requirement.ts';
import { eventually } from '../support/run.ts';

await describeWith({ root: true, peers: ['chrony'] }, 'interleaved mode with chronyd as the client', () => {
  let network: Network;
  let server: NtpdTs;

  beforeAll(async () => {
    network = await Network.open(2);
    const args = ['--listen', '0.0.0.0:123', '--listen', '[::]:123', '--local-stratum', '2', '--clock', 'none'];
    server = await startNtpdTs(network.host(0), { args });
  });

  afterAll(async () => {
    await server?.child.stop();
    await network?.close();
  });

  for (const family of ['ipv4', 'ipv6'] as const) {
    it(`is used, with stamps of the kernel, over ${family}`, async () => {
      const { [family]: address } = network.host(0);
      const client = await startChronyd(network.host(1), {
        config: [`server ${address} iburst xleave minpoll 0 maxpoll 0`],
      });
      try {
        const data = await eventually('chronyd has interleaved replies', async () => {
          const text = await client.chronyc('ntpdata', address);
          const used = /Interleaved\s*: Yes/.test(text) && /NTP tests\s*: 111 111 1111/.test(text);
          return used ? text : undefined;
        });
        expect(data).toMatch(/TX timestamping\s*: Kernel/);
        const offset = Number(/^Offset\s*: ([-+0-9.e]+)/m.exec(data)?.[1]);
        expect(Math.abs(offset)).toBeLessThan(2e-3);
      } finally {
        await client.child.stop();
      }
    });
  }
});
