import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { ListenerSpec } from './listener-sockets.ts';

/** An address of this host, and the interface that has it. */
export interface HostAddress {
  readonly address: string;
  readonly interface: string;
}

/** A wildcard listener has sockets of their own for so many addresses. */
export const BOUND_ADDRESSES_MAX = 8;
/** Descriptors that they may take: two per worker and address. */
const DESCRIPTORS_MAX = 512;

/** Addresses of this host as its interfaces have them now, in the kernel's order: an interface's first one first. */
export function hostAddresses(): HostAddress[] {
  try {
    return Object.entries(networkInterfaces()).flatMap(([label, addresses]) =>
      (addresses ?? []).map(({ address }) => ({ address, interface: interfaceOf(label) })),
    );
  } catch {
    return []; // a sandbox without netlink: the wildcard serves all of them
  }
}

/** An address of IPv4 may have a label of its own: "eth0:1". */
function interfaceOf(label: string): string {
  return label.split(':', 1)[0] as string;
}

/**
 * The addresses that a wildcard listener has sockets of their own for. A socket that is bound to the address it is asked
 * at need not be told that address with each request, nor tell it the kernel with each reply (IP_PKTINFO); the kernel
 * prefers it to the wildcard's socket. The wildcard serves all others: those beyond the limit, those that come later,
 * broadcasts, and what has a scope or never leaves the host.
 *
 * @param isOpen - whether an address has its sockets already: such are kept before new ones get any.
 */
export function boundAddresses(
  listener: ListenerSpec,
  host: readonly HostAddress[],
  workers: number,
  isOpen: (address: string) => boolean,
): string[] {
  const isV6 = listener.address === '::';
  if (!isV6 && listener.address !== '0.0.0.0') return [];
  const taken = host
    .filter((each) => listener.interface === undefined || each.interface === listener.interface)
    .map(({ address }) => address)
    .filter((address) => isIPv6(address) === isV6 && !isLocal(address));
  const addresses = [...new Set(taken)];
  const max = Math.min(BOUND_ADDRESSES_MAX, Math.floor(DESCRIPTORS_MAX / (2 * workers)));
  return [...addresses.filter(isOpen), ...addresses.filter((address) => !isOpen(address))].slice(0, max);
}

/** Loopback or of a link. */
function isLocal(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || /^fe[89ab]/i.test(address);
}
