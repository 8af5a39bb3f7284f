import { afterAll, beforeAll } from 'vitest';
import { Network } from './network.ts';
import { type NtpdTs, startNtpdTs } from './ntpd-ts.ts';

/** Options of a server that serves the machine's clock as it is, over IPv4 and IPv6. */
const SERVE = ['--listen', '0.0.0.0:123', '--listen', '[::]:123', '--local-stratum', '2', '--clock', 'none'];

/**
 * Two hosts, the first of which serves time at stratum 2, for the tests of the group that calls this.
 *
 * @returns the network, to be asked for within tests: it is there once they run.
 */
export function useServedNetwork(): () => Network {
  let network: Network;
  let server: NtpdTs;
  beforeAll(async () => {
    network = await Network.open(2);
    server = await startNtpdTs(network.host(0), { args: SERVE });
  });
  afterAll(async () => {
    await server?.child.stop();
    await network?.close();
  });
  return () => network;
}
