/**
 * Seeded randomness: xoshiro128** with the distributions that clocks and networks need. One stream per cause
 * (an oscillator, a direction of a link), forked by label, so that adding a node never changes the luck of
 * another and a seed always means the same world.
 */
export class RandomStream {
  #a: number;
  #b: number;
  #c: number;
  #d: number;
  readonly #seed: number;
  #spareNormal = Number.NaN;

  /** @param seed - any number; its low 32 bits count. */
  constructor(seed: number) {
    this.#seed = seed >>> 0;
    let state = this.#seed;
    // splitmix32, so that neighbouring seeds start far apart and the all-zero state cannot occur.
    const next = (): number => {
      state = (state + 0x9e37_79b9) >>> 0;
      let word = state ^ (state >>> 16);
      word = Math.imul(word, 0x21f0_aaad);
      word ^= word >>> 15;
      word = Math.imul(word, 0x735a_2d97);
      return (word ^ (word >>> 15)) >>> 0;
    };
    this.#a = next();
    this.#b = next();
    this.#c = next();
    this.#d = next() | 1;
  }

  /** An independent stream: depends on this stream's seed and the label, not on what was drawn so far. */
  fork(label: string): RandomStream {
    let hash = 0x811c_9dc5;
    for (let index = 0; index < label.length; index++) {
      hash = Math.imul(hash ^ label.charCodeAt(index), 0x0100_0193);
    }
    return new RandomStream(hash ^ Math.imul(this.#seed + 1, 0x85eb_ca6b));
  }

  /** 32 random bits, unsigned. */
  word(): number {
    const product = Math.imul(this.#b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9);
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result >>> 0;
  }

  /** Uniform in [0, 1), 53 bits. */
  uniform(): number {
    return ((this.word() >>> 5) * 0x400_0000 + (this.word() >>> 6)) / 0x20_0000_0000_0000;
  }

  /** Exponential with mean 1. */
  exponential(): number {
    return -Math.log1p(-this.uniform());
  }

  /** Standard normal (Box and Muller; draws come in pairs). */
  normal(): number {
    const spare = this.#spareNormal;
    if (!Number.isNaN(spare)) {
      this.#spareNormal = Number.NaN;
      return spare;
    }
    const radius = Math.sqrt(2 * this.exponential());
    const angle = 2 * Math.PI * this.uniform();
    this.#spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Gamma with the given shape > 0 and scale 1 (Marsaglia and Tsang). */
  gamma(shape: number): number {
    if (shape < 1) return this.gamma(shape + 1) * (1 - this.uniform()) ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const normal = this.normal();
      const cube = (1 + c * normal) ** 3;
      if (cube <= 0) continue;
      if (Math.log(1 - this.uniform()) < 0.5 * normal * normal + d - d * cube + d * Math.log(cube)) return d * cube;
    }
  }
}
