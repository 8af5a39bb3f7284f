import { BucketTime, bucketTableWords } from '../../../src/core/server/bucket-table.ts';
import { KeyedHash } from '../../../src/core/server/keyed-hash.ts';
import {
  ADDRESS_BUCKETS,
  DEFAULT_RATE_LIMITS,
  LABEL_IPV4,
  PREFIX_BUCKETS,
  RATE_LEAKED,
  RATE_WITHIN,
  RateLimiter,
} from '../../../src/core/server/rate-limit.ts';
import { Variates } from './random.ts';

/** Who asks one worker beside its well-behaved clients, at the size of its tables. */
export interface Crowd {
  /** Addresses that ask half as much again as their limit, their burst spent. */
  readonly abusers: number;
  /** Requests per second that each come from an address never seen before. */
  readonly forgedPerSecond: number;
}

/** What became of the requests of one kind of client. */
export interface Fate {
  asked: number;
  within: number;
  /** Over the limit, and answered all the same. */
  leaked: number;
}

export interface FillResult {
  readonly crowd: Crowd;
  /** Clients that ask once a second. */
  readonly single: Fate;
  /** Addresses that 1,500 clients at poll 6 share: 24/s. */
  readonly shared: Fate;
  readonly abusers: Fate;
}

const SINGLE = 10_000;
const SHARED = 200;
const STEPS_PER_SECOND = 48;
const BURST = 256;
const BATCH = 64;

/**
 * Lets a crowd ask and says how often the well-behaved were taken for over their limit. All addresses are random, with
 * the default limits, from some uptime on.
 *
 * @param scale - tables, clients and crowd are made so many times smaller. The sets of a table know nothing of one
 *   another, so shares stay what they are.
 */
export function fillTables(crowd: Crowd, scale: number, seconds: number, seed: number): FillResult {
  const variates = new Variates(seed);
  const key = [Math.floor(variates.uniform() * 2 ** 32) | 0, Math.floor(variates.uniform() * 2 ** 32) | 0] as const;
  const first = Math.floor(variates.uniform() * 2 ** 32);
  const uptime = Math.floor(variates.uniform() * 1e6);
  const hash = new KeyedHash(key);
  const time = new BucketTime();
  const limiter = new RateLimiter(
    new Int32Array(bucketTableWords(ADDRESS_BUCKETS / scale)),
    new Int32Array(new SharedArrayBuffer(4 * bucketTableWords(PREFIX_BUCKETS / scale))),
    time,
    new KeyedHash(key),
    1,
    seed,
  );
  const ask = (who: number, fate: Fate): void => {
    const address = Math.imul((first + who) | 0, 0x9e37_79b1); // a different one for each `who`
    hash.compute(0, address, LABEL_IPV4);
    const decision = limiter.decide(0, 0, 0, address, true, hash.low, hash.high, DEFAULT_RATE_LIMITS);
    fate.asked++;
    if (decision === RATE_WITHIN) fate.within++;
    else if (decision === RATE_LEAKED) fate.leaked++;
  };
  const fate = (): Fate => ({ asked: 0, within: 0, leaked: 0 });
  const [single, shared, abusing, forging] = [fate(), fate(), fate(), fate()];

  const abusers = Math.round(crowd.abusers / scale);
  const singles = Math.ceil(SINGLE / scale);
  const firstShared = singles;
  const shares = Math.ceil(SHARED / scale);
  const firstAbuser = firstShared + shares;
  let nextForged = firstAbuser + abusers;
  time.set(uptime);
  for (let i = 0; i < BURST; i++) {
    for (let who = 0; who < abusers; who++) ask(firstAbuser + who, forging);
  }
  for (let step = 0; step < seconds * STEPS_PER_SECOND; step++) {
    time.set(uptime + step / STEPS_PER_SECOND);
    for (let who = 0; who < abusers; who++) ask(firstAbuser + who, abusing);
    const forged = crowd.forgedPerSecond / scale / STEPS_PER_SECOND;
    for (let i = 0; i < forged; i++) {
      if (i % BATCH === 0) time.set(uptime + (step + i / forged) / STEPS_PER_SECOND);
      ask(nextForged++, forging);
    }
    for (let who = step % STEPS_PER_SECOND; who < singles; who += STEPS_PER_SECOND) ask(who, single);
    for (let who = step % 2; who < shares; who += 2) ask(firstShared + who, shared);
  }
  return { crowd, single, shared, abusers: abusing };
}
