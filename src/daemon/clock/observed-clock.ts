import type { ClockPort } from '../../core/ports.ts';
import type { LocalTimescale } from '../../native/local-timescale.ts';

/** The system clock, only looked at. */
export class ObservedClock implements ClockPort {
  readonly canStep = false;
  readonly canSlew = false;
  readonly slewRateMax = 0;
  private readonly timescale: LocalTimescale;

  constructor(timescale: LocalTimescale) {
    this.timescale = timescale;
  }

  readOffsetSeconds(): number {
    this.timescale.sample();
    return this.timescale.systemOffset();
  }

  step(): never {
    throw new Error('a clock that is only observed cannot be stepped');
  }

  slew(): never {
    throw new Error('a clock that is only observed cannot be slewed');
  }

  setErrors(): void {}
}
