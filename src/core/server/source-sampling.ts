import { SLOT_ADDRESS, SLOT_WORDS } from './slot.ts';
import { Xorshift32 } from './xorshift.ts';

/** One request in so many of a source pays for all of them. */
export const SAMPLE = 8;

const ACCOUNTS_LOG2 = 12;

/**
 * Chooses the requests that pay where buckets are charged by samples. Each source has an account of what it asked and
 * has not paid for; who owes something pays for a SAMPLE when all together owe one, at the latest when it owes one
 * itself. So what is charged is exact within a SAMPLE or two for every source and for all that share a prefix: a sample
 * by chance would be off by a tenth of a bucket's burst now and then.
 *
 * Accounts are kept in a small table by an address's product with a secret number: sources that share one pay for one
 * another by chance, in proportion, because how much all may owe is drawn anew at every payment.
 */
export class SourceSampling {
  /** By slot, after `choose`: for how many requests the one in it pays: SAMPLE or none. */
  readonly shares: Uint8Array;
  /** Requests not paid for yet; below 0 those paid ahead. */
  private readonly accounts: Int8Array = new Int8Array(2 ** ACCOUNTS_LOG2);
  private readonly random: Xorshift32;
  private readonly multiplier: number;
  /** What all accounts owe, and from where on one of them has to pay. */
  private owed = 0;
  private due = 0;

  /**
   * @param slots - rows of the packet table.
   * @param seed - any number.
   */
  constructor(slots: number, seed: number) {
    this.shares = new Uint8Array(slots);
    this.random = new Xorshift32(seed);
    this.multiplier = this.random.next() | 1;
    this.draw();
  }

  /**
   * Chooses in a batch.
   *
   * @param table - the packet table, its first `received` rows filled.
   */
  choose(table: Int32Array, received: number): void {
    const { accounts, shares, multiplier } = this;
    for (let slot = 0, at = SLOT_ADDRESS; slot < received; slot++, at += SLOT_WORDS) {
      // An IPv6 client chooses its last 64 bits freely; IPv4 has nothing in the first.
      const a = table[at] as number;
      const source = a === 0 ? (table[at + 3] as number) : a ^ Math.imul(table[at + 1] as number, 0x9e37_79b1);
      const of = Math.imul(source, multiplier) >>> (32 - ACCOUNTS_LOG2);
      const account = (accounts[of] as number) + 1;
      this.owed++;
      if (account < SAMPLE && (account < 1 || this.owed < this.due)) {
        accounts[of] = account;
        shares[slot] = 0;
      } else {
        accounts[of] = account - SAMPLE;
        shares[slot] = SAMPLE;
        this.owed -= SAMPLE;
        this.draw();
      }
    }
  }

  private draw(): void {
    this.due = 1 + (this.random.next() & (2 * SAMPLE - 1));
  }
}
