import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Counts } from '../../src/load/layout.ts';
import { onlyStep, runLoad } from '../support/load-responder.ts';
import { Network } from '../support/network.ts';
import { type NtpdTs, startNtpdTs } from '../support/ntpd-ts.ts';
import { describeWith } from '../support/requirement.ts';
import { runOk } from '../support/run.ts';

// Limits that hardly refill while a test lasts: what is answered is the burst, once for all workers or once for each.
const CONFIG = `
[synchronization]
clock = "none"
local-stratum = 2

[[server]]
listen = "0.0.0.0:201"
rate-limit-address = { rate = 10, burst = 500 }

[[server]]
listen = "0.0.0.0:202"
rate-limit-prefix = { rate = 10, burst = 2000 }

[[server]]
listen = "[::]:203"
rate-limit-subnet = { rate = 10, burst = 2000 }

[[server]]
listen = "[::]:204"
rate-limit-prefix = { rate = 10, burst = 2000 }

[[server]]
listen = "0.0.0.0:205"
steering = "flow"
rate-limit-address = { rate = 10, burst = 500 }

[[server]]
listen = "0.0.0.0:206"
rate-limit-address = { rate = 1, burst = 1 }
rate-limit-leak = 0
rate-limit-kiss = 1

[[server]]
listen = "0.0.0.0:207"
denylist = { filter = ["198.18.0.0/15"], action = "deny" }
`;
const RATE = 10;
const SHARE_MIN = 0.9;

await describeWith({ root: true }, 'limits on the wire', () => {
  let network: Network;
  beforeAll(async () => {
    network = await Network.open(2);
    const { namespace } = network.host(0);
    const { ipv4, ipv6 } = network.host(1);
    await runOk(['ip', '-n', namespace, 'route', 'add', '198.18.0.0/15', 'via', ipv4]);
    for (const prefix of ['fd00:78::/48', 'fd00:79::/48']) {
      await runOk(['ip', '-n', namespace, '-6', 'route', 'add', prefix, 'via', ipv6]);
    }
  });
  afterAll(() => network?.close());

  describe.each([1, 4])('with %d workers', (workers) => {
    let server: NtpdTs;
    beforeAll(async () => {
      server = await startNtpdTs(network.host(0), { args: ['--workers', String(workers)], config: CONFIG });
    });
    afterAll(() => server?.child.stop());

    /** Asks 6,000 times; how long that took counts for what may refill. */
    async function ask(family: 'ipv4' | 'ipv6', port: number, options: string): Promise<Counts & { seconds: number }> {
      const start = performance.now();
      const rate = ['--port', String(port), '--rate', '4000', '--duration', '1.5', '--timeout', '1'];
      const results = await runLoad(network.host(1), [network.host(0)[family], ...rate, ...options.split(' ')]);
      return { ...onlyStep(results).counts, seconds: (performance.now() - start) / 1000 };
    }

    function expectLimited({ sent, answered, seconds }: Counts & { seconds: number }, burst: number): void {
      expect(sent).toBeGreaterThan(2.5 * burst);
      expect(answered).toBeGreaterThan(SHARE_MIN * burst);
      expect(answered).toBeLessThanOrEqual(burst + 2 * RATE * seconds + 2); // as much again may leak
    }

    it('an IPv4 address has one burst', async () => {
      expectLimited(await ask('ipv4', 201, '--engine raw --clients 198.18.1.0/24 --client-count 1'), 500);
    });

    it('the addresses of a /24 have one burst together', async () => {
      expectLimited(await ask('ipv4', 202, '--engine raw --clients 198.18.2.0/24 --client-count 250'), 2000);
    });

    it('the hosts of an IPv6 subnet have one burst together', async () => {
      expectLimited(await ask('ipv6', 203, '--engine raw --clients fd00:78::/64 --client-count 1000'), 2000);
    });

    it('the hosts of an IPv6 prefix have one burst together', async () => {
      expectLimited(await ask('ipv6', 204, '--engine raw --clients fd00:79:0:7::/64 --client-count 1000'), 2000);
    });

    it('an address whose flows meet every worker has one burst', async () => {
      const source = network.host(1).ipv4;
      expectLimited(await ask('ipv4', 205, `--engine socket --source ${source} --client-count 64`), 500);
    });

    it.each([
      ['RATE', 206, '198.19.6.0/24'],
      ['DENY', 207, '198.18.7.0/24'],
    ])('%s kisses are few', async (_, port, clients) => {
      const { kissed, seconds } = await ask('ipv4', port, `--engine raw --clients ${clients} --client-count 250`);
      expect(kissed).toBeGreaterThanOrEqual(SHARE_MIN * 64);
      expect(kissed).toBeLessThanOrEqual(64 + 64 * seconds + 1);
    });
  });
});
