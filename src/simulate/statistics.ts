/** A distribution of errors, all in the unit of what was added. */
export interface Summary {
  rms: number;
  max: number;
  mean: number;
  p50: number;
  p95: number;
  p99: number;
}

/** A growing series of doubles. */
export class Series {
  #values = new Float64Array(4096);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(value: number): void {
    if (this.#length === this.#values.length) {
      const values = new Float64Array(2 * this.#length);
      values.set(this.#values);
      this.#values = values;
    }
    this.#values[this.#length++] = value;
  }

  /** The values so far; a view, valid until the next `add`. */
  get values(): Float64Array {
    return this.#values.subarray(0, this.#length);
  }

  /** Root mean square, largest magnitude, mean, and percentiles of the magnitudes; NaN where there are no values. */
  summarise(): Summary {
    const magnitudes = new Float64Array(this.#length);
    let sum = 0;
    let squares = 0;
    for (let index = 0; index < this.#length; index++) {
      const value = this.#values[index] as number;
      sum += value;
      squares += value * value;
      magnitudes[index] = Math.abs(value);
    }
    magnitudes.sort();
    return {
      rms: Math.sqrt(squares / this.#length),
      max: magnitudes[this.#length - 1] ?? Number.NaN,
      mean: sum / this.#length,
      p50: percentileOf(magnitudes, 0.5),
      p95: percentileOf(magnitudes, 0.95),
      p99: percentileOf(magnitudes, 0.99),
    };
  }

  /** The value below which the given share of the values lies. */
  percentile(share: number): number {
    return percentileOf(this.values.slice().sort(), share);
  }
}

function percentileOf(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Median of a few numbers (mean of the middle two when even); NaN of none. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
