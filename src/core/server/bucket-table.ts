/**
 * Token buckets in one fixed table, by keyed hash. A bucket is one word, the time at which it will be full again (the
 * "theoretical arrival time" of the generic cell rate algorithm, ITU-T I.371): the debt of a client is how far that lies
 * ahead. A bucket that is full equals one that was never there, so forgetting it is no loss; that makes eviction honest:
 *
 * - who comes new takes the place with the least debt in its set, which under a flood of addresses that ask once is one
 *   of theirs, milliseconds old, and not an abuser's with seconds of debt;
 * - where even the least debt is large, the newcomer goes unrecorded: it is served and costs nobody a place.
 *
 * So neither abusers are forgotten nor newcomers punished, and two addresses are taken for one only when 31 bits of tag
 * and the set agree.
 *
 * A word of time wraps, and what lies long behind must not pass for a debt when it does. So time is also counted in
 * eras, and each set says in which era its words were last looked through; whoever comes to it in a later one makes all
 * that lies behind equal to now. Nothing needs to be swept: sets that nobody asks for may lie for years, whoever stopped
 * or slept meanwhile.
 *
 * In a table shared between threads buckets change by compare-and-exchange alone; a table of one
 * thread's own does without, because the fence costs more than all the rest (bench/micro/rate-limit.ts).
 */

const WAYS = 7;
// A set's words fit a line of the processor's cache. When next to leak, seldom asked, stands behind all sets.
const TAGS = 0;
const ERA = WAYS;
const FULL_AT = WAYS + 1;
const SET_WORDS = 16;
const LEAK_WORDS = 8;
const SET_LOG2 = 4;
const EXCHANGES_MAX = 4;

/** Units of time per second; a word of them wraps after 4096 s. */
export const UNITS_PER_SECOND: number = 2 ** 20;
const UNITS_PER_NANOSECOND = UNITS_PER_SECOND / 1e9;
/** No bucket may hold more than this. */
export const DEPTH_UNITS_MAX: number = 2 ** 29;
/** An era lasts as long as the largest debt does, 512 s: a word from the era before the last is no debt any more. */
const ERA_SECONDS = DEPTH_UNITS_MAX / UNITS_PER_SECOND;
/**
 * A word further ahead than this lies behind. Words are read in the era in which they were looked through or the next,
 * so that what lies behind does so by two eras at most, of the six until it would seem ahead; and what is ahead may be
 * so by the largest debt and by how much the times of threads differ.
 */
const AHEAD_UNITS_MAX = 2 * DEPTH_UNITS_MAX;

/** A rate and a burst, in units of time. */
export interface Limit {
  /** What one request costs; 0 = no limit. */
  readonly costUnits: number;
  /** What a full bucket holds: burst × cost. */
  readonly depthUnits: number;
}

export const NO_LIMIT: Limit = { costUnits: 0, depthUnits: 0 };

/**
 * A limit from a rate and a burst.
 *
 * @throws RangeError for what the table cannot tell: below one in 512 s, above 2^20 a second, or a bucket of over 512 s.
 */
export function limitOf(perSecond: number, burst: number): Limit {
  const costUnits = Math.floor(UNITS_PER_SECOND / perSecond);
  const depthUnits = costUnits * burst;
  if (!(costUnits >= 1 && burst >= 1 && Number.isInteger(burst) && depthUnits <= DEPTH_UNITS_MAX)) {
    throw new RangeError('a limit needs at most 1048576 requests a second and a burst that refills within 512 s');
  }
  return { costUnits, depthUnits };
}

/** The time of bucket tables: one for all tables of a thread, set once per batch. */
export class BucketTime {
  /** Units, as a word that wraps: only differences mean anything. */
  units = 0;
  /** Eras since the clock began; does not wrap in 30,000 years. */
  era = 0;
  /** Whole seconds. */
  seconds = 0;

  /**
   * Sets it to the sum of both, by a clock that is never set, from 0 on; the same for all threads that share a table.
   * Whole numbers go from one function to the next without a place on the heap, however they were compiled.
   */
  set(monoSeconds: number, monoNanoseconds = 0): void {
    this.units = Math.floor(monoSeconds * UNITS_PER_SECOND + monoNanoseconds * UNITS_PER_NANOSECOND) | 0;
    this.era = Math.floor(monoSeconds / ERA_SECONDS) | 0;
    this.seconds = monoSeconds | 0;
  }
}

/** Within the limit. */
export const BUCKET_PAID = 0;
/** Beyond it. */
export const BUCKET_OVER = 1;

export class BucketTable {
  /** After `pay`: how far the bucket was from full. */
  debtUnits = 0;
  private readonly words: Int32Array;
  private readonly time: BucketTime;
  private readonly shared: boolean;
  private readonly shift: number;
  private readonly leaks: number;

  /**
   * @param words - memory of {@link bucketTableWords}; shared between threads or not, zero at first.
   * @param time - what `pay` and `leak` take as the present.
   */
  constructor(words: Int32Array, time: BucketTime) {
    this.words = words;
    this.time = time;
    this.shared = words.buffer instanceof SharedArrayBuffer;
    const sets = words.length / (SET_WORDS + LEAK_WORDS);
    this.shift = Math.clz32(sets) + 1;
    this.leaks = sets * SET_WORDS;
  }

  /**
   * Takes the cost of so many requests from the bucket of a key, and leaves in `debtUnits` what was missing in it before.
   *
   * @returns BUCKET_PAID or BUCKET_OVER.
   */
  pay(low: number, high: number, limit: Limit, requests = 1): number {
    const { words, time } = this;
    const { depthUnits } = limit;
    const costUnits = limit.costUnits * requests;
    const set = (low >>> this.shift) * SET_WORDS;
    const tag = tagOf(high, limit);
    if ((words[set + ERA] as number) !== time.era) this.lookThrough(set);
    const nowUnits = time.units;
    for (let way = 0; way < WAYS; way++) {
      if ((words[set + TAGS + way] as number) === tag) {
        return this.charge(set + FULL_AT + way, nowUnits, costUnits, depthUnits);
      }
    }
    this.debtUnits = 0;

    let chosen = 0;
    let least = DEPTH_UNITS_MAX;
    for (let way = 0; way < WAYS; way++) {
      const debt = debtOf(words[set + FULL_AT + way] as number, nowUnits);
      if (debt >= least) continue;
      least = debt;
      chosen = way;
      if (debt === 0) break;
    }
    if (least > depthUnits >> 1) return BUCKET_PAID;
    const old = words[set + TAGS + chosen] as number;
    if (this.exchange(set + TAGS + chosen, old, tag)) {
      words[set + FULL_AT + chosen] = (nowUnits + costUnits) | 0;
      words[this.leakAt(set) + chosen] = nowUnits;
    }
    return BUCKET_PAID;
  }

  /**
   * Whether an over-limit request may be let through all the same: once per cost, so that leaks never add more than one
   * more limit's worth. To be asked only about a request that `pay` just refused.
   */
  leak(low: number, high: number, limit: Limit): boolean {
    const { words } = this;
    const nowUnits = this.time.units;
    const set = (low >>> this.shift) * SET_WORDS;
    const tag = tagOf(high, limit);
    for (let way = 0; way < WAYS; way++) {
      if ((words[set + TAGS + way] as number) !== tag) continue;
      const at = this.leakAt(set) + way;
      const before = words[at] as number;
      if (debtOf(before, nowUnits) > 0) return false;
      return this.exchange(at, before, (nowUnits + limit.costUnits) | 0);
    }
    return false;
  }

  /**
   * What there is to read of a key's set, in the sum of no meaning. Reading it costs little where it follows other such
   * reads, and has the set at hand when it is paid from (bench/micro/rate-limit.ts).
   */
  fetch(low: number): number {
    const { words } = this;
    const set = (low >>> this.shift) * SET_WORDS;
    return (words[set + TAGS] as number) ^ (words[set + SET_WORDS - 1] as number);
  }

  private charge(at: number, nowUnits: number, costUnits: number, depthUnits: number): number {
    const { words } = this;
    for (let attempt = 0; attempt < EXCHANGES_MAX; attempt++) {
      const before = words[at] as number;
      const debt = debtOf(before, nowUnits);
      this.debtUnits = debt;
      if (debt + costUnits > depthUnits) return BUCKET_OVER;
      const after = (nowUnits + debt + costUnits) | 0;
      if (this.exchange(at, before, after)) break;
    }
    return BUCKET_PAID; // others were quicker each time: they pay
  }

  /**
   * Brings a set into this era. Each word is exchanged for what it was found to be, and the era comes last: of threads
   * that do this at once, each finds either what it would have written or a debt that another has made since.
   */
  private lookThrough(set: number): void {
    const { words } = this;
    const { units, era } = this.time;
    const before = words[set + ERA] as number;
    const eras = (era - before) | 0;
    if (eras < 0) return; // the time of another thread is ahead
    const leaks = this.leakAt(set);
    for (let way = 0; way < WAYS; way++) {
      this.forgive(set + FULL_AT + way, eras, units);
      this.forgive(leaks + way, eras, units);
    }
    this.exchange(set + ERA, before, era);
  }

  private forgive(at: number, eras: number, nowUnits: number): void {
    const word = this.words[at] as number;
    if (eras !== 1 || debtOf(word, nowUnits) === 0) this.exchange(at, word, nowUnits);
  }

  private leakAt(set: number): number {
    return this.leaks + (set >> SET_LOG2) * LEAK_WORDS;
  }

  private exchange(at: number, before: number, after: number): boolean {
    if (this.shared) return Atomics.compareExchange(this.words, at, before, after) === before;
    this.words[at] = after;
    return true;
  }
}

/**
 * The tag of a key's bucket under a limit. Debts are times, which mean nothing under another limit: a key has a bucket
 * for each, so that listeners with limits of their own do not charge for one another, and a changed limit begins anew.
 */
function tagOf(high: number, { costUnits, depthUnits }: Limit): number {
  return (high ^ Math.imul(costUnits, 0x9e37_79b1) ^ Math.imul(depthUnits, 0x85eb_ca77)) | 1;
}

/** How far a bucket is from full. */
function debtOf(fullAt: number, nowUnits: number): number {
  const debt = (fullAt - nowUnits) | 0;
  return debt > 0 && debt <= AHEAD_UNITS_MAX ? debt : 0;
}

/** Words for a table of so many buckets (rounded up to a power of two, at least 16). */
export function bucketTableWords(buckets: number): number {
  return 2 ** Math.max(1, Math.ceil(Math.log2(buckets / 8))) * (SET_WORDS + LEAK_WORDS);
}
