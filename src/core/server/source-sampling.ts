import { SLOT_ADDRESS, SLOT_WORDS } from './slot.ts';
import { Xorshift32 } from './xorshift.ts';

/** One request in so many of a source pays for all of them. */
export const SAMPLE = 8;

const COUNTS_LOG2 = 12;

/**
 * Chooses the requests that pay where buckets are charged by samples: of each source every SAMPLE-th. A sample of all
 * requests would charge a source by chance, which is off by a tenth of a bucket's burst now and then; this is off by
 * less than a SAMPLE for each second. Sources are counted in a small table by an address's product with a secret number:
 * those that share a count are charged by chance again, in proportion. Which of a source's requests pays changes every
 * second, so that nobody lets another pay for long.
 */
export class SourceSampling {
  /** By slot, after `choose`: for how many requests the one in it pays: SAMPLE or none. */
  readonly shares: Uint8Array;
  private readonly counts: Uint8Array = new Uint8Array(2 ** COUNTS_LOG2);
  private readonly random: Xorshift32;
  private readonly multiplier: number;
  private payer = 0;
  private payerSeconds = -1;

  /**
   * @param slots - rows of the packet table.
   * @param seed - any number.
   */
  constructor(slots: number, seed: number) {
    this.shares = new Uint8Array(slots);
    this.random = new Xorshift32(seed);
    this.multiplier = this.random.next() | 1;
    for (let i = 0; i < this.counts.length; i++) this.counts[i] = this.random.next();
  }

  /**
   * Chooses in a batch.
   *
   * @param table - the packet table, its first `received` rows filled.
   * @param seconds - the present, by any clock.
   */
  choose(table: Int32Array, received: number, seconds: number): void {
    const { counts, shares, multiplier } = this;
    if (seconds !== this.payerSeconds) {
      this.payerSeconds = seconds;
      this.payer = this.random.next() & (SAMPLE - 1);
    }
    const { payer } = this;
    for (let slot = 0, at = SLOT_ADDRESS; slot < received; slot++, at += SLOT_WORDS) {
      // An IPv6 client chooses its last 64 bits freely; IPv4 has nothing in the first.
      const a = table[at] as number;
      const source = a === 0 ? (table[at + 3] as number) : a ^ Math.imul(table[at + 1] as number, 0x9e37_79b1);
      const of = Math.imul(source, multiplier) >>> (32 - COUNTS_LOG2);
      const count = (counts[of] as number) + 1;
      counts[of] = count;
      shares[slot] = (count & (SAMPLE - 1)) === payer ? SAMPLE : 0;
    }
  }
}
