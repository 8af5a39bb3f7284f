/** An address prefix: four words in network order for IPv6, one (and three zeros) for IPv4. Host bits are zero. */
export interface IpPrefix {
  readonly family: 4 | 6;
  /** Unsigned 32-bit words. */
  readonly words: readonly [number, number, number, number];
  /** 0–32 or 0–128. */
  readonly length: number;
  /** Whether the text named bits beyond `length`; they are dropped here, and a person should hear of it. */
  readonly hostBits: boolean;
}

/** "." as parseIpv4 sees it: before "0". */
const DOT = -2;

/**
 * Reads `address` or `address/length`. IPv4 mapped into IPv6 (::ffff:a.b.c.d, RFC 4291 §2.5.5.2) is IPv4, a prefix of
 * 96 bits or more of that range likewise.
 *
 * @throws RangeError saying what is wrong with the text.
 */
export function parseIpPrefix(text: string): IpPrefix {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  const words = address.includes(':') ? parseIpv6(address) : parseIpv4(address);
  if (words === null) throw new RangeError(`"${text}" is not an IPv4 or IPv6 prefix`);
  const bits = words.length * 32;
  const length = slash < 0 ? bits : parseLength(text.slice(slash + 1), bits);
  if (length < 0) throw new RangeError(`"${text}" has no prefix length from 0 to ${bits}`);
  if (words.length === 1) return masked(4, words, length);
  const [a, b, c, d] = words as [number, number, number, number];
  if (length >= 96 && a === 0 && b === 0 && c === 0xffff) return masked(4, [d], length - 96);
  return masked(6, words, length);
}

/** The canonical text of a prefix; IPv6 without zero compression. */
export function formatIpPrefix(prefix: IpPrefix): string {
  const [first] = prefix.words;
  if (prefix.family === 4) {
    return `${first >>> 24}.${(first >>> 16) & 255}.${(first >>> 8) & 255}.${first & 255}/${prefix.length}`;
  }
  const groups = prefix.words.flatMap((word) => [(word >>> 16).toString(16), (word & 0xffff).toString(16)]);
  return `${groups.join(':')}/${prefix.length}`;
}

/** The bits of word `index` that a prefix of `length` bits covers, as a signed word. */
export function prefixMask(length: number, index: number): number {
  const bits = length - 32 * index;
  if (bits >= 32) return -1;
  return bits <= 0 ? 0 : -1 << (32 - bits);
}

function masked(family: 4 | 6, words: readonly number[], length: number): IpPrefix {
  if (family === 4) {
    const address = words[0] as number;
    const word = (address & prefixMask(length, 0)) >>> 0;
    return { family, words: [word, 0, 0, 0], length, hostBits: word !== address };
  }
  const kept = [0, 1, 2, 3].map((i) => ((words[i] ?? 0) & prefixMask(length, i)) >>> 0);
  const hostBits = words.some((word, i) => word !== kept[i]);
  return { family, words: kept as [number, number, number, number], length, hostBits };
}

function parseLength(text: string, bits: number): number {
  if (!/^\d{1,3}$/.test(text)) return -1;
  const length = Number(text);
  return length <= bits ? length : -1;
}

/** Digit by digit: lists have a hundred thousand of them, and each is read when it is checked and when it is compiled. */
function parseIpv4(text: string): number[] | null {
  let word = 0;
  let part = -1; // -1 before its first digit
  let parts = 1;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit === DOT && part >= 0) {
      word = word * 256 + part;
      part = -1;
      parts++;
    } else if (digit >= 0 && digit <= 9 && part !== 0) {
      part = part < 0 ? digit : part * 10 + digit;
      if (part > 255) return null;
    } else {
      return null;
    }
  }
  return parts === 4 && part >= 0 ? [word * 256 + part] : null;
}

function parseIpv6(text: string): number[] | null {
  let source = text;
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted) {
    const tail = parseIpv4(dotted[2] as string);
    if (tail === null) return null;
    const [word] = tail as [number];
    source = `${dotted[1]}${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`;
  }
  const halves = source.split('::');
  if (halves.length > 2) return null;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  if (!groups.flat().every((group) => /^[\da-f]{1,4}$/i.test(group))) return null;
  const missing = 8 - groups.flat().length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const all = [
    ...(groups[0] as string[]),
    ...new Array<string>(halves.length === 1 ? 0 : missing).fill('0'),
    ...(groups[1] ?? []),
  ];
  const numbers = all.map((group) => Number.parseInt(group, 16));
  return [0, 2, 4, 6].map((i) => (numbers[i] as number) * 65_536 + (numbers[i + 1] as number));
}
