/** Axes: where a value goes, and where the ticks are. */

export interface Scale {
  readonly ticks: readonly number[];
  /** Position of a value as a share of the axis, 0 to 1; values beyond the ends are held there. */
  at(value: number): number;
}

const clamp = (share: number): number => Math.min(1, Math.max(0, share));

/** From zero (or the smallest value, when that is negative) to a round number above the largest. */
export function linearScale(values: readonly number[]): Scale {
  const finite = values.filter(Number.isFinite);
  const low = Math.min(0, ...finite);
  const high = Math.max(...finite, low + Number.EPSILON, 0);
  const span = high - low || 1;
  const step = roundUp(span / 5);
  const from = Math.floor(low / step) * step;
  const to = Math.max(from + step, Math.ceil(high / step - 1e-9) * step);
  const count = Math.round((to - from) / step);
  const ticks = Array.from({ length: count + 1 }, (_, i) => from + i * step);
  return { ticks, at: (value) => clamp((value - from) / (to - from)) };
}

/** Decades, with 2 and 5 between them when there are few. Values must be positive; others are held at the low end. */
export function logScale(values: readonly number[]): Scale {
  const positive = values.filter((value) => value > 0 && Number.isFinite(value));
  const low = Math.floor(Math.log10(positive.length === 0 ? 1 : Math.min(...positive)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(positive.length === 0 ? 10 : Math.max(...positive))));
  const within = high - low <= 3 ? [1, 2, 5] : [1];
  const ticks: number[] = [];
  for (let decade = low; decade < high; decade++) for (const digit of within) ticks.push(digit * 10 ** decade);
  ticks.push(10 ** high);
  return { ticks, at: (value) => (value > 0 ? clamp((Math.log10(value) - low) / (high - low)) : 0) };
}

/** 1, 2 or 5 times a power of ten, not below `value`. */
function roundUp(value: number): number {
  const decade = 10 ** Math.floor(Math.log10(value));
  for (const digit of [1, 2, 5]) if (digit * decade >= value * (1 - 1e-9)) return digit * decade;
  return 10 * decade;
}
