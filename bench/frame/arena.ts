import { readFileSync, writeFileSync } from 'node:fs';
import { type Host, Network, steerReceiveWork } from '../../test/support/network.ts';
import { runOk } from '../../test/support/run.ts';

/** Where everything is measured: two hosts on a veth pair, the server's pinned to one core, the generator's to another. */
export interface Arena {
  readonly server: Host;
  readonly generator: Host;
  close(): Promise<void>;
}

export const GENERATOR_CORE = 0;
export const SERVER_CORE = 1;

/** Simulated clients live here (RFC 2544's networks for benchmarks) and are routed through the generator. */
export const CLIENTS_IPV4 = '198.18.0.0/15';
export const CLIENTS_IPV6 = 'fd00:78::/64';

/**
 * Opens the arena.
 *
 * @param steered - puts the receive work of requests on the server's core. A veth pair otherwise does it on the
 * sender's, which is the generator's.
 */
export async function openArena(steered: boolean): Promise<Arena> {
  comeFirst();
  const network = await Network.open(2);
  const [server, generator] = [network.host(0), network.host(1)];
  const route = (...args: string[]): Promise<string> => runOk(['ip', '-n', server.namespace, ...args]);
  await route('route', 'add', CLIENTS_IPV4, 'via', generator.ipv4);
  await route('-6', 'route', 'add', CLIENTS_IPV6, 'via', generator.ipv6);
  await steerReceiveWork(server, steered ? (1 << SERVER_CORE).toString(16) : '0');
  return { server, generator, close: () => network.close() };
}

const AUTOGROUP = '/proc/self/autogroup';
const AUTOGROUP_NICE = -19;

/**
 * Puts the benchmark, generator and contestants alike, before everything else on the machine while it measures.
 * The kernel weighs sessions against each other (sched_autogroup), so nice values alone would not do it.
 */
function comeFirst(): void {
  try {
    const before = /nice (-?\d+)/.exec(readFileSync(AUTOGROUP, 'utf8'))?.[1] ?? '0';
    writeFileSync(AUTOGROUP, String(AUTOGROUP_NICE));
    if (before !== String(AUTOGROUP_NICE)) process.once('exit', () => writeFileSync(AUTOGROUP, before));
  } catch {
    console.warn('other programs of this machine may disturb the measurement: no autogroup to put before them');
  }
}
