/** Which interface leads to a target, and by which next hop; read from the kernel's tables in /proc. */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { contains, parseAddress } from './network.ts';

export interface Route {
  readonly interfaceName: string;
  /** The gateway, or the target itself when it is on the link. */
  readonly nextHop: Uint8Array;
}

/** An interface as the raw engine needs it. */
export interface Interface {
  readonly name: string;
  readonly index: number;
  readonly mac: Uint8Array;
  readonly carrier: boolean;
  readonly addresses: readonly Uint8Array[];
}

interface RouteEntry {
  readonly interfaceName: string;
  readonly octets: Uint8Array;
  readonly prefixBits: number;
  readonly gateway: Uint8Array | null;
  readonly metric: number;
}

const hexOctets = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const bitsOf = (octets: Uint8Array): number =>
  octets.reduce((bits, octet) => bits + octet.toString(2).replaceAll('0', '').length, 0);

const FLAG_UP = 1;
const FLAG_GATEWAY = 2;
const FLAG_REJECT = 0x200;

/** Lines of /proc/net/route (words in host order) as entries. */
export function parseRoutesV4(text: string): RouteEntry[] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
    .filter((f) => f.length >= 8 && (Number.parseInt(f[3] as string, 16) & (FLAG_UP | FLAG_REJECT)) === FLAG_UP)
    .map((f) => ({
      interfaceName: f[0] as string,
      octets: hexOctets(f[1] as string).reverse(),
      prefixBits: bitsOf(hexOctets(f[7] as string)),
      gateway: (Number.parseInt(f[3] as string, 16) & FLAG_GATEWAY) !== 0 ? hexOctets(f[2] as string).reverse() : null,
      metric: Number(f[6]),
    }));
}

/** Lines of /proc/net/ipv6_route as entries. */
export function parseRoutesV6(text: string): RouteEntry[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((f) => f.length >= 10 && (Number.parseInt(f[8] as string, 16) & (FLAG_UP | FLAG_REJECT)) === FLAG_UP)
    .map((f) => ({
      interfaceName: f[9] as string,
      octets: hexOctets(f[0] as string),
      prefixBits: Number.parseInt(f[1] as string, 16),
      gateway: (Number.parseInt(f[8] as string, 16) & FLAG_GATEWAY) !== 0 ? hexOctets(f[4] as string) : null,
      metric: Number.parseInt(f[5] as string, 16),
    }));
}

/** The entry with the longest matching prefix, then the smallest metric; null when there is no route. */
export function selectRoute(entries: readonly RouteEntry[], target: Uint8Array, interfaceName?: string): Route | null {
  const fitting = entries
    .filter((entry) => interfaceName === undefined || entry.interfaceName === interfaceName)
    .filter((entry) => contains({ octets: entry.octets, prefixBits: entry.prefixBits }, target))
    .sort((a, b) => b.prefixBits - a.prefixBits || a.metric - b.metric);
  const best = fitting[0];
  return best === undefined ? null : { interfaceName: best.interfaceName, nextHop: best.gateway ?? target };
}

/** The kernel's route to `target`, limited to one interface when its name is given; null when there is none. */
export function findRoute(target: Uint8Array, interfaceName?: string): Route | null {
  const entries =
    target.length === 4
      ? parseRoutesV4(readFileSync('/proc/thread-self/net/route', 'utf8'))
      : parseRoutesV6(readFileSync('/proc/thread-self/net/ipv6_route', 'utf8'));
  return selectRoute(entries, target, interfaceName);
}

/** What the kernel says about an interface; null when there is none of that name. Throws for no Ethernet. */
export function readInterface(name: string): Interface | null {
  const read = (file: string): string => readFileSync(`/sys/class/net/${name}/${file}`, 'utf8').trim();
  let index: number;
  try {
    index = Number(read('ifindex'));
  } catch {
    return null;
  }
  let carrier = false;
  try {
    carrier = read('carrier') === '1';
  } catch {
    // An interface that is down has no carrier to read.
  }
  const addresses = (networkInterfaces()[name] ?? [])
    .map((entry) => parseAddress(entry.address.replace(/%.*/, '')))
    .filter((octets) => octets !== null);
  return { name, index, mac: hexOctets(read('address').replaceAll(':', '')), carrier, addresses };
}
