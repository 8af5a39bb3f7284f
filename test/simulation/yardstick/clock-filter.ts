/** RFC 5905 §10: the eight-stage clock filter. Times are local seconds, offsets positive when our clock is behind. */

const STAGES = 8;
const PHI = 15e-6;
const DISPERSION_MAX = 16;

interface Stage {
  offset: number;
  delay: number;
  dispersion: number;
  at: number;
}

export class ClockFilter {
  offset = 0;
  delay = 0;
  dispersion: number = DISPERSION_MAX;
  jitter = 0;
  /** Time of the sample that `offset` comes from; a sample is used once. */
  at: number = Number.NEGATIVE_INFINITY;
  readonly #precision: number;
  #stages: Stage[] = [];
  #updatedAt = 0;

  constructor(precision: number) {
    this.#precision = precision;
    this.clear(0);
  }

  /** Forgets everything (the clock was stepped). */
  clear(now: number): void {
    this.#stages = Array.from({ length: STAGES }, () => ({
      offset: 0,
      delay: DISPERSION_MAX,
      dispersion: DISPERSION_MAX,
      at: Number.NEGATIVE_INFINITY,
    }));
    this.#updatedAt = now;
    this.dispersion = DISPERSION_MAX;
    this.at = Number.NEGATIVE_INFINITY;
  }

  /** @returns whether there is a sample that was not used before and is not a popcorn spike. */
  add(offset: number, delay: number, dispersion: number, now: number, pollSeconds: number): boolean {
    for (const stage of this.#stages) {
      stage.dispersion = Math.min(DISPERSION_MAX, stage.dispersion + PHI * (now - this.#updatedAt));
    }
    this.#updatedAt = now;
    this.#stages.pop();
    this.#stages.unshift({ offset, delay, dispersion, at: now });
    const sorted = [...this.#stages].sort((a, b) => a.delay - b.delay);
    const first = sorted[0] as Stage;
    let sum = 0;
    let squares = 0;
    let count = 0;
    for (const [index, stage] of sorted.entries()) {
      sum += stage.dispersion / 2 ** (index + 1);
      if (stage.dispersion >= DISPERSION_MAX || index === 0) continue;
      squares += (stage.offset - first.offset) ** 2;
      count++;
    }
    const last = this.offset;
    this.dispersion = sum;
    this.delay = first.delay;
    this.offset = first.offset;
    this.jitter = Math.max(this.#precision, count > 0 ? Math.sqrt(squares / count) : 0);
    if (first.at <= this.at) return false;
    // Popcorn spike (SGATE): only against a recent sample.
    const spike = Math.abs(first.offset - last) > 3 * this.jitter && first.at - this.at < 2 * pollSeconds && count > 1;
    if (spike) return false;
    this.at = first.at;
    return true;
  }
}
