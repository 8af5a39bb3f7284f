/** xorshift32 (Marsaglia 2003): for choices that need not be secret, only not to be foreseen by counting. */
export class Xorshift32 {
  private state: number;

  /** @param seed - any number. */
  constructor(seed: number) {
    this.state = seed | 1;
  }

  /** The next word, signed, never 0. */
  next(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return x;
  }
}
