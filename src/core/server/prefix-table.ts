import { type IpPrefix, prefixMask } from './ip-prefix.ts';

/**
 * Longest-prefix lookup in typed arrays: a level-compressed trie (after Nilsson and Karlsson, "IP-address lookup using
 * LC-tries"). A node looks at up to 16 bits at once, bits that all prefixes below it share are skipped, and the prefix
 * found at the end is compared in full; when it does not match, the next shorter one that encloses it is tried. That
 * makes two or three dependent loads for lists of any shape (bench/micro/access.ts).
 */

/** A compiled table: plain memory, to be built anywhere and handed to any thread. Never written after that. */
export interface PrefixTable {
  readonly family: 4 | 6;
  /**
   * node >= 0: look at `branch` bits from bit `position` on, go on at `base` + those bits; as position (7 bits) ‖
   * branch − 1 (4 bits) ‖ base / 2 (20 bits). node < 0: ~node is the record to compare with. The root stands at 0.
   */
  readonly nodes: Int32Array;
  /** RECORD4_WORDS or RECORD6_WORDS words each; record 0 matches everything and has the value 0. */
  readonly records: Int32Array;
}

// Records of IPv4: key, mask, value, index of the enclosing record. Of IPv6: four words of key, length, value, index.
export const RECORD4_WORDS = 4;
export const RECORD6_WORDS = 8;
const NO_RECORD = 0;

const BRANCH_BITS_MAX = 16;
/** A node is widened while at least one in so many of its places leads somewhere. */
const SPARSITY = 4;
const NODE_ENTRIES_MAX = 2 ** 21;

/** The value for an IPv4 address (one word, signed or not): all values of matching prefixes, or'ed; 0 for none. */
export function findIpv4(table: PrefixTable, address: number): number {
  const { nodes, records } = table;
  let node = nodes[0] as number;
  while (node >= 0) {
    const branch = ((node >> 20) & 15) + 1;
    node = nodes[((node & 0xf_ffff) << 1) + ((address << (node >> 24)) >>> (32 - branch))] as number;
  }
  let record = ~node * RECORD4_WORDS;
  while (((address ^ (records[record] as number)) & (records[record + 1] as number)) !== 0) {
    record = (records[record + 3] as number) * RECORD4_WORDS;
  }
  return records[record + 2] as number;
}

/** Likewise for an IPv6 address, which is not a mapped IPv4 one: those belong in the other table. */
export function findIpv6(table: PrefixTable, a: number, b: number, c: number, d: number): number {
  const { nodes, records } = table;
  let node = nodes[0] as number;
  while (node >= 0) {
    const position = node >> 24;
    const branch = ((node >> 20) & 15) + 1;
    const word = position < 32 ? a : position < 64 ? b : position < 96 ? c : d;
    node = nodes[((node & 0xf_ffff) << 1) + ((word << (position & 31)) >>> (32 - branch))] as number;
  }
  let record = ~node * RECORD6_WORDS;
  while (!matchesIpv6(records, record, a, b, c, d)) record = (records[record + 6] as number) * RECORD6_WORDS;
  return records[record + 5] as number;
}

function matchesIpv6(records: Int32Array, record: number, a: number, b: number, c: number, d: number): boolean {
  const length = records[record + 4] as number;
  if (length < 32) return length === 0 || (a ^ (records[record] as number)) >>> (32 - length) === 0;
  if ((a ^ (records[record] as number)) !== 0) return false;
  if (length < 64) return length === 32 || (b ^ (records[record + 1] as number)) >>> (64 - length) === 0;
  if ((b ^ (records[record + 1] as number)) !== 0) return false;
  if (length < 96) return length === 64 || (c ^ (records[record + 2] as number)) >>> (96 - length) === 0;
  if ((c ^ (records[record + 2] as number)) !== 0) return false;
  if (length === 96) return true;
  const rest = d ^ (records[record + 3] as number);
  return length === 128 ? rest === 0 : rest >>> (128 - length) === 0;
}

/** A prefix and what it stands for: a small number of flag bits. */
export interface ValuedPrefix {
  readonly prefix: IpPrefix;
  readonly value: number;
}

/**
 * Compiles the prefixes of one family. The value of an address is the or of the values of all prefixes around it.
 *
 * @throws RangeError when they are too many for the table (about a million).
 */
export function compilePrefixes(family: 4 | 6, prefixes: Iterable<ValuedPrefix>): PrefixTable {
  return new Builder(
    family,
    [...prefixes].filter((entry) => entry.prefix.family === family),
  ).build();
}

interface Entry {
  readonly words: readonly [number, number, number, number];
  readonly length: number;
  value: number;
  /** Record index of the enclosing prefix. */
  parent: number;
}

class Builder {
  private readonly family: 4 | 6;
  /** Sorted by key, shorter first; entry i is record i + 1. */
  private readonly entries: Entry[];
  private readonly nodes: number[] = [];

  constructor(family: 4 | 6, prefixes: readonly ValuedPrefix[]) {
    this.family = family;
    this.entries = nest(prefixes);
  }

  build(): PrefixTable {
    const { family, entries, nodes } = this;
    nodes.push(0, 0);
    this.fill(0, 0, entries.length, 0, NO_RECORD);
    const stride = family === 4 ? RECORD4_WORDS : RECORD6_WORDS;
    const records = new Int32Array(new SharedArrayBuffer((entries.length + 1) * stride * 4));
    for (const [i, { words, length, value, parent }] of entries.entries()) {
      const at = (i + 1) * stride;
      if (family === 4) {
        records.set([words[0], prefixMask(length, 0), value, parent], at);
      } else {
        records.set([...words, length, value, parent], at);
      }
    }
    const table = new Int32Array(new SharedArrayBuffer(nodes.length * 4));
    table.set(nodes);
    return { family, nodes: table, records };
  }

  /**
   * Writes the node at `at` for the entries [low, high), which agree in the first `position` bits.
   *
   * @param cover - record of the longest prefix around all of them, NO_RECORD for none.
   */
  private fill(at: number, low: number, high: number, position: number, cover: number): void {
    const { entries, nodes } = this;
    let first = low;
    let around = cover;
    let shared = position;
    // What encloses all others of the range is found through them, so it needs no place of its own.
    for (; high - first > 1; first++) {
      shared = sharedBits(entries[first] as Entry, entries[high - 1] as Entry);
      if ((entries[first] as Entry).length > shared) break;
      around = first + 1;
    }
    if (high - first < 2) {
      nodes[at] = ~(high - first === 1 ? first + 1 : around);
      return;
    }
    const branch = this.chooseBranch(first, high, shared);
    const base = nodes.length;
    if (base + 2 ** branch > NODE_ENTRIES_MAX) throw new RangeError('too many prefixes');
    for (let i = 0; i < 2 ** branch; i++) nodes.push(0);
    nodes[at] = (shared << 24) | ((branch - 1) << 20) | (base >> 1);

    const covers: { record: number; end: number }[] = [];
    let next = first;
    for (let slot = 0; slot < 2 ** branch; slot++) {
      while (covers.length > 0 && (covers.at(-1) as { end: number }).end <= slot) covers.pop();
      for (; next < high && bitsAt(entries[next] as Entry, shared, branch) === slot; next++) {
        const missing = shared + branch - (entries[next] as Entry).length;
        if (missing <= 0) break;
        covers.push({ record: next + 1, end: slot + 2 ** missing });
      }
      const from = next;
      while (next < high && bitsAt(entries[next] as Entry, shared, branch) === slot) next++;
      this.fill(base + slot, from, next, shared + branch, covers.at(-1)?.record ?? around);
    }
  }

  /** The most bits at which enough places are used; never across a word of the address. */
  private chooseBranch(low: number, high: number, position: number): number {
    const limit = Math.min(BRANCH_BITS_MAX, 32 - (position % 32));
    let branch = 1;
    for (let bits = 2; bits <= limit && 2 ** bits <= SPARSITY * (high - low); bits++) {
      let used = 0;
      let last = -1;
      for (let i = low; i < high; i++) {
        const entry = this.entries[i] as Entry;
        const slot = bitsAt(entry, position, bits);
        const missing = position + bits - entry.length;
        const end = slot + (missing > 0 ? 2 ** missing : 1) - 1;
        if (end > last) {
          used += end - Math.max(last, slot - 1);
          last = end;
        }
      }
      if (used * SPARSITY >= 2 ** bits) branch = bits;
    }
    return branch;
  }
}

/** Sorts, merges equal prefixes, hands values down to nested ones, and leaves out those that add nothing. */
function nest(prefixes: readonly ValuedPrefix[]): Entry[] {
  const sorted = prefixes.toSorted((x, y) => compareWords(x.prefix, y.prefix) || x.prefix.length - y.prefix.length);
  const kept: Entry[] = [];
  const around: number[] = []; // indices into `kept` of the prefixes around the one at hand
  for (const { prefix, value } of sorted) {
    while (around.length > 0 && !encloses(kept[around.at(-1) as number] as Entry, prefix)) around.pop();
    const parent = around.length > 0 ? (kept[around.at(-1) as number] as Entry) : null;
    if (parent !== null && parent.length === prefix.length) {
      parent.value |= value;
      continue;
    }
    const all = value | (parent?.value ?? 0);
    if (all === (parent?.value ?? 0)) continue;
    kept.push({ words: prefix.words, length: prefix.length, value: all, parent: (around.at(-1) ?? -1) + 1 });
    around.push(kept.length - 1);
  }
  return kept;
}

function compareWords(x: IpPrefix, y: IpPrefix): number {
  for (let i = 0; i < 4; i++) {
    const difference = (x.words[i] as number) - (y.words[i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

function encloses(outer: Entry, inner: IpPrefix): boolean {
  if (outer.length > inner.length) return false;
  return [0, 1, 2, 3].every(
    (i) => (((outer.words[i] as number) ^ (inner.words[i] as number)) & prefixMask(outer.length, i)) === 0,
  );
}

/** Leading bits in which two keys agree, 0–128. */
function sharedBits(x: Entry, y: Entry): number {
  for (let i = 0; i < 4; i++) {
    const difference = (x.words[i] as number) ^ (y.words[i] as number);
    if (difference !== 0) return 32 * i + Math.clz32(difference);
  }
  return 128;
}

function bitsAt(entry: Entry, position: number, bits: number): number {
  return ((entry.words[position >> 5] as number) << (position & 31)) >>> (32 - bits);
}
