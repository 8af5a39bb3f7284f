/** Addresses and networks as octets: IPv4 in 4, IPv6 in 16. */
import { isIP } from 'node:net';

/** A network that simulated clients live in. */
export interface Network {
  readonly octets: Uint8Array;
  readonly prefixBits: number;
}

/** The octets of an address in text form, or null when it is none. Zones (`%eth0`) are refused. */
export function parseAddress(text: string): Uint8Array | null {
  const version = isIP(text);
  if (version === 4) return Uint8Array.from(text.split('.'), Number);
  if (version !== 6 || text.includes('%')) return null;
  let words = text;
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted !== null) {
    const [a = 0, b = 0, c = 0, d = 0] = (dotted[2] as string).split('.').map(Number);
    words = `${dotted[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const [head = '', tail] = words.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const all = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return Uint8Array.from(all.flatMap((word) => [Number.parseInt(word, 16) >> 8, Number.parseInt(word, 16) & 255]));
}

/** Text of an address of 4 or 16 octets; IPv6 with its longest run of zero words shortened (RFC 5952 §4). */
export function formatAddress(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.');
  const words = Array.from({ length: 8 }, (_, i) => ((octets[2 * i] ?? 0) << 8) | (octets[2 * i + 1] ?? 0));
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (at + length < 8 && words[at + length] === 0) length++;
    if (length > best.length) best = { at, length };
  }
  const text = (from: number, to: number) =>
    words
      .slice(from, to)
      .map((word) => word.toString(16))
      .join(':');
  return best.at < 0 ? text(0, 8) : `${text(0, best.at)}::${text(best.at + best.length, 8)}`;
}

/** `10.9.0.0/16` or `fd00::/64` as a network; null when it is none or has bits set behind its prefix. */
export function parseNetwork(text: string): Network | null {
  const [address = '', bits = '', ...rest] = text.split('/');
  const octets = parseAddress(address);
  if (octets === null || rest.length > 0 || !/^\d{1,3}$/.test(bits)) return null;
  const prefixBits = Number(bits);
  if (prefixBits > octets.length * 8) return null;
  const network = { octets, prefixBits };
  return octets.every((octet, i) => octet === maskOctet(octet, prefixBits, i)) ? network : null;
}

function maskOctet(octet: number, prefixBits: number, index: number): number {
  const bits = Math.min(8, Math.max(0, prefixBits - index * 8));
  return octet & (0xff00 >> bits) & 0xff;
}

/** Whether `octets` lies in the network; addresses of the other family never do. */
export function contains(network: Network, octets: Uint8Array): boolean {
  return (
    octets.length === network.octets.length &&
    network.octets.every((octet, i) => octet === maskOctet(octets[i] ?? 0, network.prefixBits, i))
  );
}

/** How many clients fit: every address but the first and the last (which are not hosts'), 2^24 at most. */
export function clientCapacity(network: Network): number {
  const hostBits = network.octets.length * 8 - network.prefixBits;
  if (hostBits === 0) return 1;
  return Math.max(1, Math.min(2 ** Math.min(hostBits, 25) - 2, 2 ** 24));
}

/** Client `index`'s address: the network's first host address plus `index`. */
export function clientAddress(network: Network, index: number): Uint8Array {
  const octets = network.octets.slice();
  const hostBits = octets.length * 8 - network.prefixBits;
  let carry = index + (hostBits < 2 ? 0 : 1);
  for (let i = octets.length - 1; carry > 0 && i >= 0; i--) {
    carry += octets[i] as number;
    octets[i] = carry % 256;
    carry = Math.floor(carry / 256);
  }
  return octets;
}

const network = (text: string): Network => parseNetwork(text) as Network;

const LOCAL = ['127.0.0.0/8', '169.254.0.0/16', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].map(network);
const LOCAL_V6 = ['::1/128', 'fe80::/10', 'fc00::/7'].map(network);
const BENCHMARK = network('198.18.0.0/15'); // RFC 2544's, made for this

/** Loopback, link-local or private: a target that may be loaded without asking. */
export function isLocalTarget(octets: Uint8Array): boolean {
  return [...LOCAL, ...LOCAL_V6, BENCHMARK].some((local) => contains(local, octets));
}

/** Whether the whole network is one where replies can only come back to us. */
export function isOwnNetwork(clients: Network): boolean {
  return [...LOCAL, ...LOCAL_V6, BENCHMARK].some(
    (local) => local.prefixBits <= clients.prefixBits && contains(local, clients.octets),
  );
}
