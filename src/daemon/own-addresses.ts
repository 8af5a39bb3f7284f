import { createHash } from 'node:crypto';
import { isIP, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Endpoint } from '../config/kinds.ts';
import type { ResolvedAddress } from '../core/association/roster.ts';
import { refidFromIpv4 } from '../protocol/refid.ts';

/** The reference id that followers of a numeric address show (RFC 5905 §7.3): itself, or four octets of a digest. */
export function refidOfAddress(address: string): number {
  if (isIPv4(address)) return refidFromIpv4(address);
  return createHash('md5').update(ipv6Octets(address)).digest().readUInt32BE(0);
}

/** The sixteen octets of an IPv6 literal, without scope. */
export function ipv6Octets(address: string): Uint8Array {
  const [literal = ''] = address.split('%');
  const embedded = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(literal);
  const text =
    embedded === null
      ? literal
      : `${embedded[1]}${hexPair(embedded[2], embedded[3])}:${hexPair(embedded[4], embedded[5])}`;
  const [head = '', tail] = text.split('::');
  const words = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16));
  const [first, last] = [words(head), words(tail ?? '')];
  const gap = tail === undefined ? [] : Array<number>(8 - first.length - last.length).fill(0);
  return Uint8Array.from([...first, ...gap, ...last].flatMap((word) => [word >> 8, word & 0xff]));
}

function hexPair(high: string | undefined, low: string | undefined): string {
  return ((Number(high) << 8) | Number(low)).toString(16);
}

/** Addresses of this machine as its interfaces have them now. */
export function ownAddresses(): { readonly address: string; readonly loopback: boolean }[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map(({ address, internal }) => ({ address, loopback: internal }));
}

/** Refids that would show that a server follows us. */
export function ownRefids(): number[] {
  return ownAddresses()
    .filter(({ loopback }) => !loopback)
    .map(({ address }) => refidOfAddress(address));
}

/** An address as the coordinator wants it; `listeners` are what we serve ourselves. */
export function resolvedAddress(text: string, port: number, listeners: readonly Endpoint[]): ResolvedAddress {
  const [bare = ''] = text.split('%');
  const family = isIP(bare);
  const served = listeners.some((listener) => {
    const wildcard = listener.address === '0.0.0.0' || listener.address === '::';
    return listener.port === port && (wildcard ? isIP(listener.address) === family : listener.address === bare);
  });
  const isOurs = served && (bare.startsWith('127.') || ownAddresses().some(({ address }) => address === bare));
  return { text, refid: refidOfAddress(bare), isOurs };
}
