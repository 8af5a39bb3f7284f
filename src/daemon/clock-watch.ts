import type { LocalTimescale } from '../native/local-timescale.ts';

/** Readings of one mapping differ by less than this, seconds. */
const STEP_SECONDS_MIN = 2e-6;
/** Shorter sleeps than this are readings that were interrupted. */
const SUSPEND_SECONDS_MIN = 0.1;
/** A step of this size is the kernel's own when it was told of a leap second. */
const LEAP_SECONDS_TOLERANCE = 1e-3;

/** What happened to the machine's clocks since the last look. */
export interface ClockEvents {
  /** Seconds that the machine slept; 0 when it did not. */
  readonly suspendedSeconds: number;
  /** By how much somebody else set CLOCK_REALTIME; 0 when nobody did. */
  readonly foreignStepSeconds: number;
}

/** Looks for what others do to the clocks: steps of CLOCK_REALTIME, and sleep. */
export class ClockWatch {
  private readonly timescale: LocalTimescale;
  private mapping: { seconds: number; ns: number };
  private suspendedSeconds: number;

  constructor(timescale: LocalTimescale) {
    this.timescale = timescale;
    this.mapping = timescale.mapping();
    this.suspendedSeconds = timescale.suspendedSeconds();
  }

  /**
   * Compares the timescale's last reading with the one before.
   *
   * @param ownStepSeconds - what we have stepped the clock by ourselves in between.
   * @param leapArmed - the kernel may have inserted or deleted a second, as it was told.
   */
  look(ownStepSeconds: number, leapArmed: boolean): ClockEvents {
    const mapping = this.timescale.mapping();
    const jumped = mapping.seconds - this.mapping.seconds + (mapping.ns - this.mapping.ns) / 1e9 - ownStepSeconds;
    this.mapping = mapping;
    const suspended = this.timescale.suspendedSeconds();
    const slept = suspended - this.suspendedSeconds;
    this.suspendedSeconds = suspended;
    // CLOCK_REALTIME goes on in a sleep that CLOCK_MONOTONIC knows nothing of: that is nobody's hand.
    const moved = slept > SUSPEND_SECONDS_MIN ? jumped - slept : jumped;
    const isLeap = leapArmed && Math.abs(Math.abs(moved) - 1) < LEAP_SECONDS_TOLERANCE;
    return {
      suspendedSeconds: slept > SUSPEND_SECONDS_MIN ? slept : 0,
      foreignStepSeconds: Math.abs(moved) < STEP_SECONDS_MIN || isLeap ? 0 : moved,
    };
  }
}
