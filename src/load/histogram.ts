/**
 * Distributions of nanoseconds, exact to three significant digits. The addon counts into this layout per packet
 * (addon/load_hdr.h), where a call of Node's own histogram would cost more than the packet; here it is read, merged
 * and stored. Bucket b holds 1024 cells of width 2^b, after 2048 cells of width 1.
 */

const HALF = 1024;
const VALUE_BITS = 37;

/** Cells for one sign. */
export const HISTOGRAM_CELLS: number = (VALUE_BITS - 11 + 2) * HALF;

/** Smallest value and width of a cell. */
function cellRange(cell: number): { low: number; width: number } {
  if (cell < 2 * HALF) return { low: cell, width: 1 };
  const shift = Math.floor(cell / HALF) - 1;
  const width = 2 ** shift;
  return { low: (cell - shift * HALF) * width, width };
}

/** The cell of a non-negative value; larger values than the layout holds go to its last cell. */
export function cellOf(value: number): number {
  const whole = Math.min(Math.floor(value), 2 ** VALUE_BITS - 1);
  const bits = whole < 2 * HALF ? 11 : Math.floor(Math.log2(whole)) + 1;
  const shift = bits - 11;
  return shift * HALF + Math.floor(whole / 2 ** shift);
}

/** What is printed and stored of a distribution; all values in nanoseconds. */
export interface Summary {
  readonly count: number;
  readonly mean: number;
  readonly deviation: number;
  /** Mean and deviation of the central 99 %: without what a scheduler's pause did to a few. */
  readonly coreMean: number;
  readonly coreDeviation: number;
  readonly min: number;
  readonly max: number;
  readonly p1: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
}

/** Percentages at which a distribution's curve is stored: enough to draw it and to compare tails. */
export const CURVE_PERCENTS: readonly number[] = [
  0, 0.1, 1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 98, 99, 99.5, 99.8, 99.9, 99.95, 99.99, 99.999, 100,
];

export class Histogram {
  readonly #cells: Float64Array;
  readonly #sums: Float64Array;

  constructor() {
    this.#cells = new Float64Array(2 * HISTOGRAM_CELLS);
    this.#sums = new Float64Array(5);
  }

  /** Takes over what the addon counted: cells of values >= 0, then of negative ones; sums as in layout.ts. */
  static fromCounted(cells: Uint32Array, sums: Float64Array): Histogram {
    const histogram = new Histogram();
    histogram.#cells.set(cells);
    histogram.#sums.set(sums);
    return histogram;
  }

  get count(): number {
    return this.#sums[0] as number;
  }

  /** Counts one value (nanoseconds, any sign). */
  record(value: number): void {
    const cell = cellOf(Math.abs(value)) + (value < 0 ? HISTOGRAM_CELLS : 0);
    (this.#cells[cell] as number)++;
    const sums = this.#sums;
    if (sums[0] === 0 || value < (sums[3] as number)) sums[3] = value;
    if (sums[0] === 0 || value > (sums[4] as number)) sums[4] = value;
    (sums[0] as number)++;
    (sums[1] as number) += value;
    (sums[2] as number) += value * value;
  }

  /** Adds another distribution to this one; percentiles of the sum are those of all values together. */
  add(other: Histogram): void {
    for (let i = 0; i < this.#cells.length; i++) (this.#cells[i] as number) += other.#cells[i] as number;
    const sums = this.#sums;
    const theirs = other.#sums;
    if (theirs[0] === 0) return;
    if (sums[0] === 0 || (theirs[3] as number) < (sums[3] as number)) sums[3] = theirs[3] as number;
    if (sums[0] === 0 || (theirs[4] as number) > (sums[4] as number)) sums[4] = theirs[4] as number;
    for (let i = 0; i < 3; i++) (sums[i] as number) += theirs[i] as number;
  }

  /** The value below which `percent` of all values lie (its cell's middle), in nanoseconds; 0 when empty. */
  percentile(percent: number): number {
    if (this.count === 0) return 0;
    let left = Math.max(1, Math.ceil((percent / 100) * this.count));
    const found = (cell: number, sign: number): number => {
      const { low, width } = cellRange(cell);
      const value = sign * (low + (width - 1) / 2);
      return Math.min(Math.max(value, this.#sums[3] as number), this.#sums[4] as number);
    };
    for (let cell = HISTOGRAM_CELLS - 1; cell >= 0; cell--) {
      left -= this.#cells[HISTOGRAM_CELLS + cell] as number;
      if (left <= 0) return found(cell, -1);
    }
    for (let cell = 0; cell < HISTOGRAM_CELLS; cell++) {
      left -= this.#cells[cell] as number;
      if (left <= 0) return found(cell, 1);
    }
    return this.#sums[4] as number;
  }

  summary(): Summary {
    const [count = 0, sum = 0, squares = 0, min = 0, max = 0] = this.#sums;
    const mean = count === 0 ? 0 : sum / count;
    const variance = count < 2 ? 0 : Math.max(0, (squares - sum * mean) / (count - 1));
    return {
      count,
      mean,
      deviation: Math.sqrt(variance),
      ...this.#core(),
      min,
      max,
      p1: this.percentile(1),
      p50: this.percentile(50),
      p90: this.percentile(90),
      p99: this.percentile(99),
      p999: this.percentile(99.9),
    };
  }

  /** Mean and deviation between the 0.5th and the 99.5th percentile, by the middles of the cells. */
  #core(): { coreMean: number; coreDeviation: number } {
    const skipped = this.count * 0.005;
    let before = 0;
    let weight = 0;
    let sum = 0;
    let squares = 0;
    const take = (cell: number, sign: number): void => {
      const count = this.#cells[sign < 0 ? HISTOGRAM_CELLS + cell : cell] as number;
      if (count === 0) return;
      const inside = Math.min(before + count, this.count - skipped) - Math.max(before, skipped);
      before += count;
      if (inside <= 0) return;
      const { low, width } = cellRange(cell);
      const value = sign * (low + (width - 1) / 2);
      weight += inside;
      sum += inside * value;
      squares += inside * value * value;
    };
    for (let cell = HISTOGRAM_CELLS - 1; cell >= 0; cell--) take(cell, -1);
    for (let cell = 0; cell < HISTOGRAM_CELLS; cell++) take(cell, 1);
    const coreMean = weight === 0 ? 0 : sum / weight;
    return { coreMean, coreDeviation: weight === 0 ? 0 : Math.sqrt(Math.max(0, squares / weight - coreMean ** 2)) };
  }

  /** Values in nanoseconds at CURVE_PERCENTS. */
  curve(): number[] {
    return CURVE_PERCENTS.map((percent) => this.percentile(percent));
  }
}
