import { expect, it } from 'vitest';
import { ntpdate, startNtpsec } from '../support/ntpsec.ts';
import { describeWith } from '../support/requirement.ts';
import { eventually } from '../support/run.ts';
import { useServedNetwork } from '../support/served-network.ts';

await describeWith({ root: true, peers: ['ntpsec'] }, "NTPsec's programs as clients of ntpd-ts", () => {
  const network = useServedNetwork();

  for (const family of ['ipv4', 'ipv6'] as const) {
    it(`ntpdate -q reads its time over ${family}`, async () => {
      const { [family]: target } = network().host(0);
      const done = await ntpdate(network().host(1), target);
      expect(done.stderr).toBe('');
      const match = /([-+][0-9.]+) \+\/- ([0-9.]+) .* s2 no-leap/.exec(done.stdout);
      expect(match, done.stdout).not.toBeNull();
      // ntpdig stamps in Python and looks at a coarse clock: milliseconds are its own.
      expect(Math.abs(Number(match?.[1]))).toBeLessThan(0.02);
    });

    it(`ntpd synchronises to it over ${family}`, async () => {
      const { [family]: address } = network().host(0);
      const client = await startNtpsec(network().host(1), [`server ${address} iburst minpoll 3`]);
      try {
        const peers = await eventually('a system peer', async () => {
          const text = await client.ntpq('peers');
          return /^\*/m.test(text) ? text : undefined;
        });
        expect(peers).toContain(address);
        const variables = await client.ntpq('rv');
        expect(variables).toMatch(/leap=00, stratum=3/);
        const offsetMs = Number(/ offset=(-?[0-9.]+)/.exec(variables.replaceAll('\n', ' '))?.[1]);
        expect(Math.abs(offsetMs)).toBeLessThan(0.5);
      } finally {
        await client.child.stop();
      }
    });
  }
});
