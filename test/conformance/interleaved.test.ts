import { expect, it } from 'vitest';
import { startChronyd } from '../support/chrony.ts';
import { describeWith } from '../support/requirement.ts';
import { eventually } from '../support/run.ts';
import { useServedNetwork } from '../support/served-network.ts';

await describeWith({ root: true, peers: ['chrony'] }, 'interleaved mode with chronyd as the client', () => {
  const network = useServedNetwork();

  for (const family of ['ipv4', 'ipv6'] as const) {
    it(`is used, with stamps of the kernel, over ${family}`, async () => {
      const { [family]: address } = network().host(0);
      const client = await startChronyd(network().host(1), {
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
        expect(Math.abs(offset)).toBeLessThan(100e-6);
      } finally {
        await client.child.stop();
      }
    });
  }
});
