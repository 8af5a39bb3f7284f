import { isIPv6, SocketAddress } from 'node:net';

/**
 * A numeric address as inet_ntop writes it, so that one address has one spelling: IPv6 in lower case with its longest
 * run of zeros left out, an IPv4 address that is mapped into IPv6 as the IPv4 address it is; a zone stays.
 *
 * @param text - must be an address.
 */
export function canonicalAddress(text: string): string {
  const [bare = '', ...zone] = text.split('%');
  if (!isIPv6(bare)) return text;
  const { address } = new SocketAddress({ address: bare, family: 'ipv6' });
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  return mapped?.[1] ?? [address, ...zone].join('%');
}
