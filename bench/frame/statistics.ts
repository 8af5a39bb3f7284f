/** One figure out of several rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: number;
}

/** Median, smallest and largest of the rounds' values. */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0) return { median: Number.NaN, min: Number.NaN, max: Number.NaN, rounds: 0 };
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] as number;
  const middle = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    min: at(0),
    max: at(sorted.length - 1),
    rounds: sorted.length,
  };
}

/** A limit that a figure is held against. */
export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  readonly met: boolean;
}

/** A bar that is met when `value` is at least `limit`. */
export function atLeast(name: string, value: number, limit: number): Bar {
  return { name, value, limit, met: value >= limit };
}

/** A bar that is met when `value` is at most `limit`. */
export function atMost(name: string, value: number, limit: number): Bar {
  return { name, value, limit, met: value <= limit };
}

/** Prints bars, one a line. */
export function printBars(bars: readonly Bar[]): void {
  for (const bar of bars) {
    console.log(`${bar.met ? 'met   ' : 'MISSED'} ${bar.name}: ${bar.value.toPrecision(4)} (limit ${bar.limit})`);
  }
}
