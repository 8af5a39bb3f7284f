import { expect, it } from 'vitest';
import { startOpenntpd } from '../support/openntpd.ts';
import { describeWith } from '../support/requirement.ts';
import { eventually } from '../support/run.ts';
import { useServedNetwork } from '../support/served-network.ts';

await describeWith(
  { root: true, commands: ['nsenter'], peers: ['openntpd'] },
  'openntpd as a client of ntpd-ts',
  () => {
    const network = useServedNetwork();

    it('calls it a valid peer over IPv4 and IPv6', async () => {
      const { ipv4, ipv6 } = network().host(0);
      const client = await startOpenntpd(network().host(1), [`server ${ipv4}`, `server ${ipv6}`]);
      try {
        // It trusts a peer after a handful of replies, five to nine seconds apart.
        const peers = await eventually(
          'two valid peers',
          async () => {
            const text = await client.ntpctl('all');
            return text.includes('2/2 peers valid') ? text : undefined;
          },
          90_000,
        );
        for (const address of [ipv4, ipv6]) {
          const after = peers.slice(peers.indexOf(address));
          const offsetMs = Number(/ 2 +\d+s +\d+s +(-?[0-9.]+)ms/.exec(after)?.[1]);
          expect(Math.abs(offsetMs), peers).toBeLessThan(1);
        }
      } finally {
        await client.child.stop();
      }
    });
  },
);
