import type { DelayLaw } from './delay-floor.ts';

/**
 * What one direction's delays look like above their floor: a density learned from the delays themselves.
 *
 * The density is a mixture of fixed atoms, Gamma densities with several degrees (from a hard edge with an
 * exponential tail to a nearly normal hump) and means from 30 ns to seconds in equal ratios. Such mixtures come
 * close to any density on the positive half line; only the weights are learned, by expectation and maximisation
 * one sample at a time. Before anything is learned the weights make the density fall like 1/excess, which
 * prefers no scale: that is what the first samples are judged by.
 */

const EXCESS_MIN = 1e-9;
const BINS_PER_E = 8;
const BINS = 200;
const DEGREES = [1, 2, 4, 8, 16];
const MEANS = 28;
const MEAN_MIN = 3e-8;
const MEAN_RATIO = 2;
export const ATOMS: number = DEGREES.length * MEANS;

/** Weight of the prior, in samples: low enough to be overruled soon, high enough that no delay is impossible. */
const PRIOR_SAMPLES = 2;
/** Weight of the expected laws, in samples: grows with the sums that they were laid through, up to this. */
const EXPECTED_SAMPLES = 30;
const EXPECTED_PER_SUM = 4;

/** Logarithm of the Gamma function, by Stirling's series above 8. */
function logGamma(x: number): number {
  let shift = 0;
  while (x < 8) {
    shift -= Math.log(x);
    x += 1;
  }
  const inverse = 1 / (x * x);
  return shift + (x - 0.5) * Math.log(x) - x + 0.9189385332046727 + (1 - inverse * (1 / 30 - inverse / 105)) / (12 * x);
}

/** `DENSITIES[bin * ATOMS + atom]`: every atom's density at every tabulated excess. */
const DENSITIES = new Float64Array(BINS * ATOMS);
const EXCESSES = Float64Array.from({ length: BINS }, (_, bin) => EXCESS_MIN * Math.exp(bin / BINS_PER_E));
const PRIOR = new Float64Array(ATOMS);
const ATOM_MEANS = new Float64Array(ATOMS);
for (let atom = 0; atom < ATOMS; atom++) {
  const degree = DEGREES[atom % DEGREES.length] as number;
  const mean = MEAN_MIN * MEAN_RATIO ** Math.floor(atom / DEGREES.length);
  const rate = degree / mean;
  let logFactorial = 0;
  for (let i = 2; i < degree; i++) logFactorial += Math.log(i);
  PRIOR[atom] = (PRIOR_SAMPLES * (degree === 1 ? 0.6 : 0.1)) / MEANS;
  ATOM_MEANS[atom] = mean;
  for (let bin = 0; bin < BINS; bin++) {
    const scaled = rate * EXCESS_MIN * Math.exp(bin / BINS_PER_E);
    DENSITIES[bin * ATOMS + atom] = rate * Math.exp((degree - 1) * Math.log(scaled) - scaled - logFactorial);
  }
}

/** Ways to split a sum in two, closer together near either end: fraction and quadrature weight. */
const SPLITS = 48;
const SPLIT_RANGE = 16;
const SPLIT_AT = new Float64Array(SPLITS);
const SPLIT_WIDTH = new Float64Array(SPLITS);
for (let i = 0; i < SPLITS; i++) {
  const u = ((i + 0.5) / SPLITS - 0.5) * SPLIT_RANGE;
  const fraction = 1 / (1 + Math.exp(-u));
  SPLIT_AT[i] = fraction;
  SPLIT_WIDTH[i] = fraction * (1 - fraction);
}

export class DelayShape {
  readonly #counts = new Float64Array(ATOMS);
  readonly #weights = new Float64Array(ATOMS);
  readonly #table = new Float64Array(BINS);
  readonly #splitMass = new Float64Array(SPLITS);
  readonly #expected = new Float64Array(BINS);
  /** Sums that the expected laws rest on. */
  #sums = 0;
  #expectedCount = 0;
  #expectedWeight = 0;
  readonly #prior = new Float64Array(ATOMS);
  readonly #memory: number;

  /** @param memory - how many samples back the shape remembers. */
  constructor(memory: number) {
    this.#memory = memory;
    this.#tabulate();
  }

  /** Density at an excess above the floor, 1/s; for a negative one that just above the floor. */
  density(excessSeconds: number): number {
    const table = this.#table;
    if (excessSeconds <= EXCESS_MIN) return table[0] as number;
    const position = Math.log(excessSeconds / EXCESS_MIN) * BINS_PER_E;
    const bin = Math.floor(position);
    if (bin >= BINS - 1) return (table[BINS - 1] as number) * Math.exp(BINS - 1 - position);
    const low = table[bin] as number;
    return low + ((table[bin + 1] as number) - low) * (position - bin);
  }

  /**
   * States what the delays may be like before their own shape is known.
   *
   * @param laws - Gamma densities; their floors are measured from `floorSeconds`, the zero of the excess.
   */
  expect(laws: readonly DelayLaw[], floorSeconds: number, meanSeconds: number): void {
    this.#sums++;
    for (let atom = 0; atom < ATOMS; atom++) {
      const ratio = (ATOM_MEANS[atom] as number) / meanSeconds;
      this.#prior[atom] = (PRIOR[atom] as number) * (ratio < 0.02 ? 0 : Math.min(1, ratio));
    }
    const expected = this.#expected;
    expected.fill(0);
    let total = 0;
    for (const law of laws) {
      if (law.weight === 0) continue;
      total += law.weight;
      const shift = law.floorSeconds - floorSeconds;
      const scaled = (law.weight * Math.exp(-logGamma(law.degree))) / law.scaleSeconds;
      for (let bin = 0; bin < BINS; bin++) {
        const z = ((EXCESSES[bin] as number) - shift) / law.scaleSeconds;
        if (z < 0) continue;
        if (z > 60 + 4 * law.degree) break;
        const power = law.degree === 1 ? 1 : z ** (law.degree - 1);
        expected[bin] = (expected[bin] as number) + scaled * power * Math.exp(-z);
      }
    }
    for (let bin = 0; bin < BINS; bin++) expected[bin] = (expected[bin] as number) / total;
    this.#tabulate();
  }

  /** Learns from the sum of two delays of this shape, of which nothing else is known. */
  learnSum(sum: number): void {
    let total = 0;
    for (let i = 0; i < SPLITS; i++) {
      const part = (SPLIT_AT[i] as number) * sum;
      const mass = (SPLIT_WIDTH[i] as number) * this.density(part) * this.density(sum - part);
      this.#splitMass[i] = mass;
      total += mass;
    }
    if (!(total > 0)) return;
    this.#fade(2);
    for (let i = 0; i < SPLITS; i++) {
      const mass = (this.#splitMass[i] as number) / total;
      this.#count(mass, (SPLIT_AT[i] as number) * sum);
      this.#count(mass, sum - (SPLIT_AT[i] as number) * sum);
    }
  }

  #fade(samples: number): void {
    const keep = 1 - samples / this.#memory;
    for (let atom = 0; atom < ATOMS; atom++) this.#counts[atom] = (this.#counts[atom] as number) * keep;
    this.#expectedCount *= keep;
  }

  /** Shares a mass at an excess out among the atoms that may have made it. */
  #count(mass: number, excessSeconds: number): void {
    if (mass < 1e-4) return;
    const counts = this.#counts;
    const weights = this.#weights;
    const excess = Math.max(excessSeconds, EXCESS_MIN);
    const bin = Math.min(BINS - 1, Math.round(Math.log(excess / EXCESS_MIN) * BINS_PER_E));
    const scale = mass / (this.#table[bin] as number);
    this.#expectedCount += scale * this.#expectedWeight * (this.#expected[bin] as number);
    const row = bin * ATOMS;
    for (let atom = 0; atom < ATOMS; atom++) {
      counts[atom] = (counts[atom] as number) + scale * (weights[atom] as number) * (DENSITIES[row + atom] as number);
    }
  }

  #tabulate(): void {
    const weights = this.#weights;
    const expected = this.#expectedCount + Math.min(EXPECTED_SAMPLES, EXPECTED_PER_SUM * this.#sums);
    let total = expected;
    for (let atom = 0; atom < ATOMS; atom++) {
      const weight = (this.#counts[atom] as number) + (this.#prior[atom] as number);
      weights[atom] = weight;
      total += weight;
    }
    for (let atom = 0; atom < ATOMS; atom++) weights[atom] = (weights[atom] as number) / total;
    this.#expectedWeight = expected / total;
    for (let bin = 0; bin < BINS; bin++) {
      const row = bin * ATOMS;
      let sum = this.#expectedWeight * (this.#expected[bin] as number);
      for (let atom = 0; atom < ATOMS; atom++) sum += (weights[atom] as number) * (DENSITIES[row + atom] as number);
      this.#table[bin] = sum;
    }
  }
}
