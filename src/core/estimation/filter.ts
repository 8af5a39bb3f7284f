import type { LocalSeconds } from '../ports.ts';
import { Calibration } from './calibration.ts';
import { DelayModel } from './delay-model.ts';
import type { Estimate, SourceFilter } from './estimate.ts';
import type { Sample } from './sample.ts';
import { WanderBank } from './wander-bank.ts';

/** A server's filter: learns the path's delays and the oscillator's wander, and weighs every sample by both. */
export class ServerFilter implements SourceFilter {
  readonly #bank = new WanderBank();
  readonly #calibration = new Calibration();
  #delays = new DelayModel();
  #atLocal = 0;
  #started = false;

  reset(): void {
    this.#started = false;
    this.#delays = new DelayModel();
    this.#calibration.reset();
  }

  add(sample: Sample): void {
    const bank = this.#bank;
    const delays = this.#delays;
    delays.take(sample.upSeconds, sample.downSeconds, sample.precisionSeconds);
    if (!this.#started) {
      this.#started = true;
      bank.start(
        (sample.upSeconds - sample.downSeconds) / 2,
        Math.max((sample.upSeconds + sample.downSeconds) / 2, sample.precisionSeconds),
        [1e-5, 1e-4, 5e-2],
        [0.4, 0.3, 0.3],
      );
      this.#atLocal = sample.atLocal;
    }
    bank.advance(Math.max(0, sample.atLocal - this.#atLocal));
    this.#atLocal = sample.atLocal;
    const predicted = bank.offset;
    const variance = bank.varianceOffset;
    delays.compare(predicted, variance);
    bank.update(delays.likelihood, delays.low, delays.high);
    this.#calibration.add(bank.offset - predicted, variance - bank.varianceOffset);
  }

  predict(atLocal: LocalSeconds, out: Estimate): boolean {
    if (!this.#started) return false;
    const bank = this.#bank;
    const t = atLocal - this.#atLocal;
    const inflation = this.#calibration.inflation;
    const gained = bank.wander * Math.abs(t);
    out.atLocal = atLocal;
    out.offsetSeconds = bank.offset + t * bank.frequency;
    out.frequency = bank.frequency;
    out.offsetSigmaSeconds = Math.sqrt(
      inflation * (bank.varianceOffset + t * (2 * bank.covariance + t * (bank.varianceFrequency + gained / 3))),
    );
    out.frequencySigma = Math.sqrt(inflation * (bank.varianceFrequency + gained));
    out.delayFloorSeconds = 2 * this.#delays.floorSeconds;
    out.jitterSeconds = this.#delays.meanSeconds;
    return true;
  }
}
