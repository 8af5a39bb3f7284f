import type { ClockPort, LocalSeconds } from '../core/ports.ts';

/**
 * A clock over a virtual oscillator, as the kernel's is over the real one: it reads epoch + local time + an
 * offset that grows with the set frequency and with what is being slewed. Other hands (an operator, another
 * daemon) may step and slew it too; nobody tells the core.
 */
export class VirtualClock implements ClockPort {
  readonly canStep: boolean;
  readonly canSlew: boolean;
  readonly slewRateMax = 0.1;

  maximumErrorSeconds: number = Number.POSITIVE_INFINITY;
  estimatedErrorSeconds: number = Number.POSITIVE_INFINITY;
  synchronised = false;
  /** What was done to the clock through the port. */
  steps = 0;
  stepsSecondsTotal = 0;

  #atLocal: LocalSeconds = 0;
  #offsetSeconds: number;
  #frequency = 0;
  #slewRate = 0;
  #slewUntilLocal: LocalSeconds = 0;
  #foreignAtLocal: LocalSeconds = 0;
  #foreignOffsetSeconds = 0;
  #foreignRate = 0;

  /**
   * @param offsetSeconds - what the clock reads at local time 0, less the epoch.
   * @param adjustable - false for clock mode `none`.
   */
  constructor(offsetSeconds: number, adjustable: boolean) {
    this.#offsetSeconds = offsetSeconds;
    this.canStep = adjustable;
    this.canSlew = adjustable;
  }

  readOffsetSeconds(nowLocal: LocalSeconds): number {
    return this.#ownOffset(nowLocal) + this.foreignOffset(nowLocal);
  }

  /** Rate of the clock against its oscillator at this moment: d(clock)/d(local) − 1. */
  rateAt(nowLocal: LocalSeconds): number {
    return this.#frequency + (nowLocal < this.#slewUntilLocal ? this.#slewRate : 0) + this.#foreignRate;
  }

  step(nowLocal: LocalSeconds, deltaSeconds: number, frequency: number): void {
    this.#settle(nowLocal);
    this.#offsetSeconds += deltaSeconds;
    this.#frequency = frequency;
    this.steps++;
    this.stepsSecondsTotal += deltaSeconds;
  }

  slew(nowLocal: LocalSeconds, frequency: number, correctionSeconds: number, slewRate: number): void {
    this.#settle(nowLocal);
    this.#frequency = frequency;
    const rate = Math.min(slewRate, this.slewRateMax);
    if (correctionSeconds === 0 || rate === 0) return;
    this.#slewRate = Math.sign(correctionSeconds) * rate;
    this.#slewUntilLocal = nowLocal + Math.abs(correctionSeconds) / rate;
  }

  setErrors(maximumErrorSeconds: number, estimatedErrorSeconds: number, synchronised: boolean): void {
    this.maximumErrorSeconds = maximumErrorSeconds;
    this.estimatedErrorSeconds = estimatedErrorSeconds;
    this.synchronised = synchronised;
  }

  /** What others add to the rate at present. */
  get foreignRate(): number {
    return this.#foreignRate;
  }

  /** Somebody else steps the clock. */
  stepByOther(deltaSeconds: number): void {
    this.#foreignOffsetSeconds += deltaSeconds;
  }

  /** Somebody else lets the clock run faster by `rate` from now on (0 ends it). */
  slewByOther(nowLocal: LocalSeconds, rate: number): void {
    this.#foreignOffsetSeconds = this.foreignOffset(nowLocal);
    this.#foreignAtLocal = nowLocal;
    this.#foreignRate = rate;
  }

  /** What others have added to the clock so far. */
  foreignOffset(nowLocal: LocalSeconds): number {
    return this.#foreignOffsetSeconds + this.#foreignRate * (nowLocal - this.#foreignAtLocal);
  }

  #ownOffset(nowLocal: LocalSeconds): number {
    const slewed = Math.min(nowLocal, this.#slewUntilLocal) - this.#atLocal;
    return (
      this.#offsetSeconds + this.#frequency * (nowLocal - this.#atLocal) + (slewed > 0 ? this.#slewRate * slewed : 0)
    );
  }

  #settle(nowLocal: LocalSeconds): void {
    this.#offsetSeconds = this.#ownOffset(nowLocal);
    this.#atLocal = nowLocal;
    this.#slewUntilLocal = nowLocal;
    this.#slewRate = 0;
  }
}
