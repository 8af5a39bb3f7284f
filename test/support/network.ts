import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { runOk } from './run.ts';

/** One host of a test network: a network namespace with one interface. */
export interface Host {
  /** Name of the namespace. */
  readonly namespace: string;
  /** Its interface towards the others. */
  readonly device: string;
  readonly ipv4: string;
  readonly ipv6: string;
  /** `argv` as it runs inside the namespace. */
  inside(argv: readonly string[]): string[];
}

/** Prefix of all namespaces made here; the process id that follows tells whose they are. */
const PREFIX = 'ntpd-ts';
const DEVICE = 'veth0';
let opened = 0;

/** Hosts joined by a network of their own, which reaches nothing else; needs root. */
export class Network {
  readonly hosts: readonly Host[];
  readonly #namespaces: readonly string[];
  readonly #atExit = (): void => this.#removeNow();

  private constructor(hosts: readonly Host[], namespaces: readonly string[]) {
    this.hosts = hosts;
    this.#namespaces = namespaces;
    process.once('exit', this.#atExit);
  }

  /**
   * Makes `hostCount` hosts, 10.77.0.1 and fd00:77::1 upwards. Two hosts are joined by one veth pair, more by a
   * bridge in a namespace of its own. Duplicate address detection is off, so addresses serve at once.
   */
  static async open(hostCount: number): Promise<Network> {
    if (hostCount < 2 || hostCount > 200) throw new Error(`a network of ${hostCount} hosts`);
    await removeStale();
    const id = `${PREFIX}-${process.pid}-${++opened}`;
    const hosts = Array.from({ length: hostCount }, (_, index) => makeHost(`${id}-${index + 1}`, index + 1));
    const hub = `${id}-hub`;
    const namespaces = hosts.map((host) => host.namespace);
    if (hostCount > 2) namespaces.push(hub);
    const network = new Network(hosts, namespaces);
    for (const namespace of namespaces) {
      await runOk(['ip', 'netns', 'add', namespace]);
      await runOk(['ip', '-n', namespace, 'link', 'set', 'lo', 'up']);
    }
    const [first, second] = hosts;
    if (hostCount === 2 && first !== undefined && second !== undefined) {
      await addVeth(first.namespace, DEVICE, second.namespace, DEVICE);
    } else {
      await runOk(['ip', '-n', hub, 'link', 'add', 'bridge0', 'type', 'bridge', 'forward_delay', '0']);
      await runOk(['ip', '-n', hub, 'link', 'set', 'bridge0', 'up']);
      for (const [index, host] of hosts.entries()) {
        await addVeth(host.namespace, DEVICE, hub, `port${index}`);
        await runOk(['ip', '-n', hub, 'link', 'set', `port${index}`, 'master', 'bridge0', 'up']);
      }
    }
    for (const host of hosts) {
      await runOk(['ip', '-n', host.namespace, 'addr', 'add', `${host.ipv4}/24`, 'dev', DEVICE]);
      await runOk(['ip', '-n', host.namespace, 'addr', 'add', `${host.ipv6}/64`, 'dev', DEVICE, 'nodad']);
      await runOk(['ip', '-n', host.namespace, 'link', 'set', DEVICE, 'up']);
    }
    return network;
  }

  /**
   * Makes `hostCount` hosts, of which the last is joined to each other one by a veth pair of its own, and forwards
   * between them (IPv4 alone). For what is measured to the microsecond: a request finds a bridge's code cold and the
   * reply finds it warm, which makes the way there some 10 us longer than the way back.
   */
  static async openStar(hostCount: number): Promise<Network> {
    if (hostCount < 2 || hostCount > 200) throw new Error(`a star of ${hostCount} hosts`);
    await removeStale();
    const id = `${PREFIX}-${process.pid}-${++opened}`;
    const hosts = Array.from({ length: hostCount }, (_, index) => makeHost(`${id}-${index + 1}`, index + 1));
    const network = new Network(
      hosts,
      hosts.map((host) => host.namespace),
    );
    for (const host of hosts) {
      await runOk(['ip', 'netns', 'add', host.namespace]);
      await runOk(['ip', '-n', host.namespace, 'link', 'set', 'lo', 'up']);
    }
    const centre = hosts[hostCount - 1] as Host;
    await runOk(centre.inside(['sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']));
    for (const [index, host] of hosts.slice(0, -1).entries()) {
      const device = `${DEVICE.slice(0, -1)}${index}`;
      await addVeth(host.namespace, DEVICE, centre.namespace, device);
      await runOk(['ip', '-n', host.namespace, 'addr', 'add', `${host.ipv4}/24`, 'dev', DEVICE]);
      await runOk(['ip', '-n', host.namespace, 'link', 'set', DEVICE, 'up']);
      // The same address on every device, and each host alone behind its own; the centre answers for the others.
      await runOk(['ip', '-n', centre.namespace, 'addr', 'add', `${centre.ipv4}/32`, 'dev', device]);
      await runOk(['ip', '-n', centre.namespace, 'link', 'set', device, 'up']);
      const route = ['route', 'add', `${host.ipv4}/32`, 'dev', device, 'src', centre.ipv4];
      await runOk(['ip', '-n', centre.namespace, ...route]);
      await runOk(centre.inside(['sh', '-c', `echo 1 > /proc/sys/net/ipv4/conf/${device}/proxy_arp`]));
    }
    return network;
  }

  /** The host at `index`, counted from 0. */
  host(index: number): Host {
    const host = this.hosts[index];
    if (host === undefined) throw new Error(`this network has no host ${index}`);
    return host;
  }

  /** Removes the namespaces; whatever still runs inside keeps them alive unseen, so stop programs first. */
  async close(): Promise<void> {
    process.off('exit', this.#atExit);
    this.#removeNow();
  }

  #removeNow(): void {
    for (const namespace of this.#namespaces) spawnSync('ip', ['netns', 'del', namespace], { stdio: 'ignore' });
  }
}

/** The link-local address of `host`, as the kernel chose it. */
export async function linkLocalAddress(host: Host): Promise<string> {
  const text = await runOk([
    'ip',
    '-n',
    host.namespace,
    '-6',
    '-o',
    'addr',
    'show',
    'dev',
    host.device,
    'scope',
    'link',
  ]);
  const match = /inet6 (fe80:[0-9a-f:]+)\//.exec(text);
  if (match?.[1] === undefined) throw new Error(`${host.namespace} has no link-local address`);
  return match[1];
}

/**
 * Lets `cpuMask` (hexadecimal) do the receive work of `host`'s interface; '0' leaves it where the frame arrived,
 * which on a veth pair is the sender's core.
 */
export async function steerReceiveWork(host: Host, cpuMask: string): Promise<void> {
  const file = `/sys/class/net/${host.device}/queues/rx-0/rps_cpus`;
  await runOk(host.inside(['sh', '-c', `echo ${cpuMask} > ${file}`]));
}

function makeHost(namespace: string, number: number): Host {
  return {
    namespace,
    device: DEVICE,
    ipv4: `10.77.0.${number}`,
    ipv6: `fd00:77::${number.toString(16)}`,
    inside: (argv) => ['ip', 'netns', 'exec', namespace, ...argv],
  };
}

async function addVeth(namespaceA: string, deviceA: string, namespaceB: string, deviceB: string): Promise<void> {
  const peer = ['peer', 'name', deviceB, 'netns', namespaceB];
  await runOk(['ip', 'link', 'add', deviceA, 'netns', namespaceA, 'type', 'veth', ...peer]);
}

/** Removes what processes left behind that were killed before they could clean up. */
async function removeStale(): Promise<void> {
  for (const line of (await runOk(['ip', 'netns', 'list'])).split('\n')) {
    const match = new RegExp(`^(${PREFIX}-(\\d+)-\\S+)`).exec(line);
    if (match?.[1] === undefined || existsSync(`/proc/${match[2]}`)) continue;
    await runOk(['ip', 'netns', 'del', match[1]]).catch(() => undefined);
  }
}
