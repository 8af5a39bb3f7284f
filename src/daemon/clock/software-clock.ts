import type { ClockPort, LocalSeconds } from '../../core/ports.ts';

/**
 * A clock of our own over the local timescale, for where the system clock may not be touched. It reads epoch + local
 * time + an offset that grows with the set frequency and with what is being slewed.
 */
export class SoftwareClock implements ClockPort {
  readonly canStep = true;
  readonly canSlew = true;
  readonly slewRateMax = 0.1;
  private atLocal: LocalSeconds = 0;
  private offsetSeconds = 0;
  private frequency = 0;
  private slewRate = 0;
  private slewUntilLocal: LocalSeconds = 0;

  readOffsetSeconds(nowLocal: LocalSeconds): number {
    const slewedSeconds = Math.max(0, Math.min(nowLocal, this.slewUntilLocal) - this.atLocal);
    return this.offsetSeconds + this.frequency * (nowLocal - this.atLocal) + this.slewRate * slewedSeconds;
  }

  step(nowLocal: LocalSeconds, deltaSeconds: number, frequency: number): void {
    this.settle(nowLocal);
    this.offsetSeconds += deltaSeconds;
    this.frequency = frequency;
  }

  slew(nowLocal: LocalSeconds, frequency: number, correctionSeconds: number, slewRate: number): void {
    this.settle(nowLocal);
    this.frequency = frequency;
    const rate = Math.min(slewRate, this.slewRateMax);
    if (correctionSeconds === 0 || rate <= 0) return;
    this.slewRate = Math.sign(correctionSeconds) * rate;
    this.slewUntilLocal = nowLocal + Math.abs(correctionSeconds) / rate;
  }

  /** Nobody but our own clients believes this clock; they are told through the system variables. */
  setErrors(): void {}

  private settle(nowLocal: LocalSeconds): void {
    this.offsetSeconds = this.readOffsetSeconds(nowLocal);
    this.atLocal = nowLocal;
    this.slewUntilLocal = nowLocal;
    this.slewRate = 0;
  }
}
