import { prefixMask } from './ip-prefix.ts';
import type { KeyedHash } from './keyed-hash.ts';
import { SLOT_ADDRESS, SLOT_REPLY_LENGTH, SLOT_START, SLOT_WORDS } from './slot.ts';

/**
 * Who asks most, in fixed memory: one sketch for addresses and one for prefixes (/24 and /48). A sketch is a table of
 * small sets; whoever is not in its set wears down the lightest one there and takes its place when nothing is left of it
 * (Misra and Gries, "Finding repeated elements", per set). A flood of addresses that ask once wears itself down; whoever
 * asks often stays, and his figures are exact from when he came in.
 */

const WAYS = 8;
const ENTRY_WORDS = 10;
const SET_WORDS = WAYS * ENTRY_WORDS;
const SETS = 256;
const WEIGHT = 4;
const REQUESTS = 5;
const DROPS = 6;
/** Bit v: version v was seen. */
const VERSIONS = 7;
/** Seconds of the monotonic clock since when `requests` and `drops` count. */
const SINCE = 8;
/** ... and at which it asked last. */
const LAST = 9;

/** Words of one worker's memory: both sketches. */
export const TALKER_WORDS: number = 2 * SETS * SET_WORDS;
/**
 * In a busy worker, whose batches are of BUSY_BATCH and more, two or three requests of a batch are looked at, and each
 * counts for as many as it stands for, at most STRIDE_MAX: a sketch lies in cold memory, and a look costs as much as
 * three replies' encoding (bench/micro/policies.ts).
 */
const BUSY_BATCH = 16;
const STRIDE_MAX = 32;
/** Figures are halved when they have counted for so long, so that rates are of late. */
const SPAN_SECONDS = 64;
/** Who has not asked for so long is not shown, and whoever comes may have his place. */
const IDLE_SECONDS = 2 * SPAN_SECONDS;

const LABEL_ADDRESS = 128;
const LABEL_PREFIX = 129;
const IPV4_PREFIX_MASK = prefixMask(24, 0);
const IPV6_PREFIX_MASK = prefixMask(48, 1);
const MAPPED_WORD = 0xffff;

/** One worker's sketches; written by it alone, read by anyone. */
export class TopTalkers {
  private readonly words: Int32Array;
  private readonly hash: KeyedHash;
  private turn = 0;

  /** @param words - TALKER_WORDS words, zero at first. @param hash - under a secret key; not used by others. */
  constructor(words: Int32Array, hash: KeyedHash) {
    this.words = words;
    this.hash = hash;
  }

  /** Takes note of a batch that was just answered. */
  note(packets: DataView, table: Int32Array, received: number, nowSeconds: number): void {
    const stride = strideOf(received);
    const rowEnd = received * SLOT_WORDS;
    this.turn = (this.turn + 1) % STRIDE_MAX;
    for (let row = (this.turn % stride) * SLOT_WORDS; row < rowEnd; row += stride * SLOT_WORDS) {
      const version = (packets.getUint8(table[row + SLOT_START] as number) >> 3) & 7;
      const drops = table[row + SLOT_REPLY_LENGTH] === 0 ? stride : 0;
      const a = table[row + SLOT_ADDRESS] as number;
      const b = table[row + SLOT_ADDRESS + 1] as number;
      const c = table[row + SLOT_ADDRESS + 2] as number;
      const d = table[row + SLOT_ADDRESS + 3] as number;
      this.hash.compute(a ^ c, b ^ d, LABEL_ADDRESS);
      this.add(0, a, b, c, d, stride, drops, version, nowSeconds);
      if (a === 0 && b === 0 && c === MAPPED_WORD) {
        this.hash.compute(0, d & IPV4_PREFIX_MASK, LABEL_PREFIX);
        this.add(SETS * SET_WORDS, a, b, c, d & IPV4_PREFIX_MASK, stride, drops, version, nowSeconds);
      } else {
        this.hash.compute(a, b & IPV6_PREFIX_MASK, LABEL_PREFIX);
        this.add(SETS * SET_WORDS, a, b & IPV6_PREFIX_MASK, 0, 0, stride, drops, version, nowSeconds);
      }
    }
  }

  private add(
    base: number,
    a: number,
    b: number,
    c: number,
    d: number,
    requests: number,
    drops: number,
    version: number,
    nowSeconds: number,
  ): void {
    const { words } = this;
    const set = base + (this.hash.low & (SETS - 1)) * SET_WORDS;
    for (let at = set; at < set + SET_WORDS; at += ENTRY_WORDS) {
      if (
        words[at + 3] === d &&
        words[at + 1] === b &&
        words[at] === a &&
        words[at + 2] === c &&
        words[at + WEIGHT] !== 0
      ) {
        if (nowSeconds - (words[at + LAST] as number) > IDLE_SECONDS) {
          this.begin(at, requests, drops, version, nowSeconds);
          return;
        }
        if (nowSeconds - (words[at + SINCE] as number) > SPAN_SECONDS) this.age(at, nowSeconds);
        words[at + WEIGHT] = (words[at + WEIGHT] as number) + requests;
        words[at + REQUESTS] = (words[at + REQUESTS] as number) + requests;
        words[at + DROPS] = (words[at + DROPS] as number) + drops;
        words[at + VERSIONS] = (words[at + VERSIONS] as number) | (1 << version);
        words[at + LAST] = nowSeconds;
        return;
      }
    }
    let lightest = set;
    let least = Number.MAX_SAFE_INTEGER;
    for (let at = set; at < set + SET_WORDS; at += ENTRY_WORDS) {
      const weight = nowSeconds - (words[at + LAST] as number) > IDLE_SECONDS ? 0 : (words[at + WEIGHT] as number);
      if (weight >= least) continue;
      least = weight;
      lightest = at;
    }
    const left = least - requests;
    if (left > 0) {
      words[lightest + WEIGHT] = left;
      return;
    }
    words[lightest] = a;
    words[lightest + 1] = b;
    words[lightest + 2] = c;
    words[lightest + 3] = d;
    this.begin(lightest, requests, drops, version, nowSeconds);
  }

  private begin(at: number, requests: number, drops: number, version: number, nowSeconds: number): void {
    const { words } = this;
    words[at + WEIGHT] = requests;
    words[at + REQUESTS] = requests;
    words[at + DROPS] = drops;
    words[at + VERSIONS] = 1 << version;
    words[at + SINCE] = nowSeconds;
    words[at + LAST] = nowSeconds;
  }

  private age(at: number, nowSeconds: number): void {
    const { words } = this;
    words[at + WEIGHT] = (words[at + WEIGHT] as number) >> 1;
    words[at + REQUESTS] = (words[at + REQUESTS] as number) >> 1;
    words[at + DROPS] = (words[at + DROPS] as number) >> 1;
    words[at + SINCE] = nowSeconds - ((nowSeconds - (words[at + SINCE] as number)) >> 1);
  }
}

/** One in how many of a batch is looked at: a power of two. */
function strideOf(received: number): number {
  return received < BUSY_BATCH ? 1 : Math.min(STRIDE_MAX, 1 << (30 - Math.clz32(received)));
}

/** One talker as it is shown. */
export interface Talker {
  /** Address or prefix. */
  readonly source: string;
  readonly requestsPerSecond: number;
  /** Share of the requests that got no answer. */
  readonly dropShare: number;
  readonly versions: readonly number[];
}

export interface TalkerReport {
  readonly addresses: readonly Talker[];
  readonly prefixes: readonly Talker[];
}

/**
 * Reads the sketches of all workers: the `limit` sources that ask most, and the prefixes.
 *
 * @param nowSeconds - of the clock that the workers' figures were made with.
 */
export function readTalkers(workers: readonly Int32Array[], nowSeconds: number, limit: number): TalkerReport {
  return {
    addresses: readSketch(workers, 0, false, nowSeconds, limit),
    prefixes: readSketch(workers, SETS * SET_WORDS, true, nowSeconds, limit),
  };
}

interface Sum {
  requestsPerSecond: number;
  dropsPerSecond: number;
  versions: number;
}

function readSketch(
  workers: readonly Int32Array[],
  base: number,
  prefixes: boolean,
  nowSeconds: number,
  limit: number,
): Talker[] {
  const sums = new Map<string, Sum>();
  for (const words of workers) {
    for (let at = base; at < base + SETS * SET_WORDS; at += ENTRY_WORDS) {
      const [a = 0, b = 0, c = 0, d = 0, weight = 0, requests = 0, drops = 0, versions = 0, since = 0, last = 0] =
        words.subarray(at);
      if (weight === 0 || nowSeconds - last > IDLE_SECONDS) continue;
      const source = describeSource(a, b, c, d, prefixes);
      const sum = sums.get(source) ?? { requestsPerSecond: 0, dropsPerSecond: 0, versions: 0 };
      const seconds = Math.max(1, nowSeconds - since);
      sum.requestsPerSecond += requests / seconds;
      sum.dropsPerSecond += drops / seconds;
      sum.versions |= versions;
      sums.set(source, sum);
    }
  }
  return [...sums]
    .sort(([, x], [, y]) => y.requestsPerSecond - x.requestsPerSecond)
    .slice(0, limit)
    .map(([source, { requestsPerSecond, dropsPerSecond, versions }]) => ({
      source,
      requestsPerSecond,
      dropShare: dropsPerSecond / Math.max(requestsPerSecond, Number.MIN_VALUE),
      versions: [0, 1, 2, 3, 4, 5, 6, 7].filter((version) => (versions >> version) & 1),
    }));
}

function describeSource(a: number, b: number, c: number, d: number, isPrefix: boolean): string {
  if (a === 0 && b === 0 && c === MAPPED_WORD) {
    return `${d >>> 24}.${(d >>> 16) & 255}.${(d >>> 8) & 255}.${d & 255}${isPrefix ? '/24' : ''}`;
  }
  const groups = [a, b, c, d].flatMap((word) => [word >>> 16, word & 0xffff]);
  return `${compress(groups.map((group) => group.toString(16)))}${isPrefix ? '/48' : ''}`;
}

/** Eight groups with the first longest run of zeros left out (RFC 5952 §4.2). */
function compress(groups: readonly string[]): string {
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === '0') length++;
    if (length > best.length) best = { start, length };
  }
  if (best.start < 0) return groups.join(':');
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`;
}
