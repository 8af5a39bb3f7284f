/**
 * What the outside supplies to the core. The daemon implements these over sockets and the kernel clock, the
 * simulator over a seeded virtual world; both drive the same objects.
 */

/**
 * Seconds on the local timescale: the oscillator as nobody corrects it (CLOCK_MONOTONIC_RAW less its value at
 * start). All of the core's deadlines, stamps of our own requests and estimates are on it, so that no slew or
 * step of a clock ever has to be undone inside a filter. Comparable only with itself.
 */
export type LocalSeconds = number;

/** NTP time assigned to local time 0, fixed for the life of a coordinator: (seconds, fraction). */
export interface LocalEpoch {
  readonly seconds: number;
  readonly fraction: number;
}

/**
 * The line that maps local time to true time: at local time t the true time is
 * epoch + t + offsetSeconds + frequency × (t − atLocal).
 */
export interface ClockLine {
  atLocal: LocalSeconds;
  /** True time minus (epoch + local time) at `atLocal`; positive: the local timescale is behind. */
  offsetSeconds: number;
  /** Seconds that true time gains on the local timescale per local second (positive: the oscillator is slow). */
  frequency: number;
}

/** The clock under discipline. */
export interface ClockPort {
  /** Whether the clock can be stepped and slewed at all (mode `none` cannot). */
  readonly canStep: boolean;
  readonly canSlew: boolean;
  /** Largest rate of slew that the clock can do beyond its frequency, s/s. */
  readonly slewRateMax: number;
  /** How far the clock is from epoch + local time at `nowLocal`: the clock reads epoch + nowLocal + result. */
  readOffsetSeconds(nowLocal: LocalSeconds): number;
  /** Jumps the clock by `deltaSeconds` (positive: forward) and lets it run at `frequency` from then on. */
  step(nowLocal: LocalSeconds, deltaSeconds: number, frequency: number): void;
  /**
   * Lets the clock run at `frequency`, and until it has gained `correctionSeconds` on that line by ± `slewRate`
   * more. Replaces what an earlier call asked for; what was not yet slewed is forgotten.
   */
  slew(nowLocal: LocalSeconds, frequency: number, correctionSeconds: number, slewRate: number): void;
  /** How long what `setErrors` stated stays true, seconds (the kernel lets its bound grow by itself); absent: for good. */
  readonly errorsLastSeconds?: number;
  /** States the error bounds (kernel: maxerror, esterror, STA_UNSYNC); both in seconds. */
  setErrors(maximumErrorSeconds: number, estimatedErrorSeconds: number, synchronised: boolean): void;
  /**
   * Arms the clock's own leap second at the end of the current UTC day: +1 insert, −1 delete, 0 disarm. Absent
   * when the clock cannot do that itself; it is then stepped or slewed. Once it is done, `readOffsetSeconds` is
   * one second less (inserted) or more (deleted).
   */
  armLeap?(sign: number): void;
}

/** Who took a stamp: user space, the kernel, or the network card. */
export type StampSource = 'daemon' | 'kernel' | 'hardware';

/** Uniform random numbers in [0, 1); seeded in the simulator, from the system's generator in the daemon. */
export type Random = () => number;
