/** An interval that is long enough for two readings to show its rate, seconds. */
const SETTLED_SECONDS = 1;
const WINDOW_SECONDS = 64;
/** Readings of two clocks at one instant are off by less, seconds. */
const READING_ERROR_SECONDS = 200e-9;
/** A change of rate that is taken for noise, s/s. */
const RATE_TOLERANCE = 1e-7;

/**
 * How fast the local timescale runs against CLOCK_MONOTONIC, which is slewed by whoever disciplines the system clock.
 * Measured over up to a minute; a reading that contradicts what went before starts the measurement anew.
 */
export class MonoRate {
  private base: readonly [monoSeconds: number, local: number] | null = null;
  private middle: readonly [monoSeconds: number, local: number] | null = null;
  private last: readonly [monoSeconds: number, local: number] | null = null;
  private ratio = 1;

  /**
   * Takes a reading of both clocks at one instant, each from an origin of its own.
   *
   * @returns local seconds per second of CLOCK_MONOTONIC from now on, as far as is known.
   */
  update(monoSeconds: number, local: number): number {
    const { base, last } = this;
    if (base === null || last === null) {
      this.restart(monoSeconds, local);
      return this.ratio;
    }
    const passed = monoSeconds - last[0];
    const surprise = local - last[1] - this.ratio * passed;
    if (Math.abs(surprise) > READING_ERROR_SECONDS + RATE_TOLERANCE * passed) {
      if (passed > 0) this.ratio = (local - last[1]) / passed;
      this.restart(monoSeconds, local);
      return this.ratio;
    }
    const span = monoSeconds - base[0];
    if (span >= SETTLED_SECONDS) this.ratio = (local - base[1]) / span;
    this.last = [monoSeconds, local];
    if (this.middle === null && span >= WINDOW_SECONDS / 2) this.middle = this.last;
    if (span >= WINDOW_SECONDS) {
      this.base = this.middle;
      this.middle = this.last;
    }
    return this.ratio;
  }

  /** The rate has just been changed by ourselves to a known value. */
  changed(ratio: number, monoSeconds: number, local: number): void {
    this.ratio = ratio;
    this.restart(monoSeconds, local);
  }

  private restart(monoSeconds: number, local: number): void {
    this.base = [monoSeconds, local];
    this.last = this.base;
    this.middle = null;
  }
}
