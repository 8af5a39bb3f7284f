import { STANDING_QUIET_UNITS_MAX, STANDING_ROW_WORDS, STANDING_WAYS } from './standing-rows.ts';

/** Unit of a client's times, as a power of two in seconds: 16 bits of them last three days. */
export const STANDING_UNIT_SECONDS_LOG2 = 2;

const TAGS = 0;
const TIMES = STANDING_WAYS;
const UNIT_MASK = 0xffff;
/** Half the circle of units: a client that is there for longer is written as there for this long. */
const AGE_MAX = 0x7fff;

/** Seconds as units. */
export function toStandingUnits(monoSeconds: number): number {
  return (monoSeconds >> STANDING_UNIT_SECONDS_LOG2) & UNIT_MASK;
}

/**
 * Who is in good standing: a fixed table of clients that were answered within their limits, by keyed hash, with the time
 * of the first and of the last request that keep them there. A client is in good standing once it was seen in two units,
 * and until it is quiet for STANDING_QUIET_UNITS_MAX of them or asks beyond its limit. Sources in good standing are never
 * pushed out by others; who was seen once gives way, the quietest first, so that a flood of forged addresses can keep
 * newcomers from coming to stand and takes nothing from those who do.
 *
 * The words are read by the socket filter and written by every worker, each a word at a time and without locks: two
 * workers at the same place at once can only cost a client its standing.
 */
export class Standing {
  private readonly words: Int32Array;
  private readonly shift: number;

  /** @param words - the sets, STANDING_ROW_WORDS words each, a power of two of them, at least two; zero at first. */
  constructor(words: Int32Array) {
    this.words = words;
    this.shift = Math.clz32(words.length / STANDING_ROW_WORDS) + 1;
  }

  /** A client asked within its limits. @param now - toStandingUnits. */
  note(low: number, high: number, now: number): void {
    const { words } = this;
    const set = (low >>> this.shift) * STANDING_ROW_WORDS;
    const tag = high | 1;
    for (let way = 0; way < STANDING_WAYS; way++) {
      if ((words[set + TAGS + way] as number) !== tag) continue;
      const at = set + TIMES + way;
      const times = words[at] as number;
      if ((times & UNIT_MASK) !== now) words[at] = seenAgain(times, now);
      return;
    }
    const way = this.weakest(set, now);
    if (way < 0) return;
    words[set + TIMES + way] = (now << 16) | now;
    words[set + TAGS + way] = tag;
  }

  /** Reads a client's set, as `fetch` of BucketTable does. */
  fetch(low: number): number {
    const set = (low >>> this.shift) * STANDING_ROW_WORDS;
    return (this.words[set + TAGS] as number) ^ (this.words[set + TIMES + STANDING_WAYS - 1] as number);
  }

  /** A client asked beyond its limits: it begins anew. */
  forfeit(low: number, high: number, now: number): void {
    const { words } = this;
    const set = (low >>> this.shift) * STANDING_ROW_WORDS;
    const tag = high | 1;
    for (let way = 0; way < STANDING_WAYS; way++) {
      if ((words[set + TAGS + way] as number) === tag) words[set + TIMES + way] = (now << 16) | now;
    }
  }

  /** The place in a set that a newcomer may take, below 0 where all are in good standing. */
  private weakest(set: number, now: number): number {
    const { words } = this;
    let weakest = -1;
    let longest = -1;
    for (let way = 0; way < STANDING_WAYS; way++) {
      if ((words[set + TAGS + way] as number) === 0) return way;
      const times = words[set + TIMES + way] as number;
      const quiet = (now - times) & UNIT_MASK;
      if (times >>> 16 !== (times & UNIT_MASK) && quiet <= STANDING_QUIET_UNITS_MAX) continue;
      if (quiet <= longest) continue;
      longest = quiet;
      weakest = way;
    }
    return weakest;
  }
}

/** A client's times with another request: it is there as long as before, unless it was quiet for too long. */
function seenAgain(times: number, now: number): number {
  const quiet = (now - times) & UNIT_MASK;
  if (quiet > STANDING_QUIET_UNITS_MAX) return (now << 16) | now;
  const since = times >>> 16;
  const age = (now - since) & UNIT_MASK;
  return ((age > AGE_MAX ? now - AGE_MAX : since) << 16) | now;
}
