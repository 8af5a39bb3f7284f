import type { LocalSeconds } from '../ports.ts';
import { Belief } from './belief.ts';
import { DelayFloor } from './delay-floor.ts';
import { DelayShape } from './delay-shape.ts';
import type { Estimate, SourceFilter } from './estimate.ts';
import type { Sample } from './sample.ts';

const WANDER_RATIO = 9;
const MODELS = 3;
const SHAPE_MEMORY = 800;

/** A server's filter: learns the path's delays and the oscillator's wander, and weighs every sample by both. */
export class ServerFilter implements SourceFilter {
  #models: Belief[] = [];
  #scores = new Float64Array(MODELS);
  #weights = new Float64Array(MODELS);
  #atLocal = 0;
  #started = false;
  #path = new DelayFloor();
  #pooled = new DelayShape(SHAPE_MEMORY);
  #floor = 0;
  #edge = 0;
  #wide = 0;
  #sample: Sample | undefined;

  constructor() {
    for (let i = 0; i < MODELS; i++) this.#models.push(new Belief(1e-18 * WANDER_RATIO ** (i - 1)));
  }

  trace(): string {
    return `${this.#models.map((m, i) => `${Math.sqrt(m.wander).toExponential(0)}:${(this.#weights[i] as number).toFixed(2)}`).join(' ')} edge ${(this.#edge * 1e6).toFixed(2)} ${this.#path.trace()}`;
  }

  reset(): void {
    this.#started = false;
    this.#path = new DelayFloor();
    this.#pooled = new DelayShape(SHAPE_MEMORY);
  }

  add(sample: Sample): void {
    this.#sample = sample;
    const sum = sample.upSeconds + sample.downSeconds;
    this.#path.add(sum, sample.precisionSeconds);
    this.#floor = this.#path.floorSeconds;
    this.#edge = this.#path.edgeSeconds;
    this.#wide = this.#path.degree * this.#path.scaleSeconds;
    this.#pooled.expect(this.#path.degree, this.#path.scaleSeconds);
    this.#pooled.learnSum(sum - 2 * this.#floor);
    if (!this.#started) {
      this.#started = true;
      for (const model of this.#models) {
        model.start(
          (sample.upSeconds - sample.downSeconds) / 2,
          Math.max(sum / 2, sample.precisionSeconds),
          [1e-5, 1e-4, 5e-2],
          [0.5, 0.49, 0.01],
        );
      }
      this.#scores.fill(0);
      this.#weights.fill(1 / MODELS);
      this.#atLocal = sample.atLocal;
    }
    const elapsed = Math.max(0, sample.atLocal - this.#atLocal);
    this.#atLocal = sample.atLocal;
    const low = this.#floor - sample.downSeconds - 8 * this.#edge;
    const high = sample.upSeconds - this.#floor + 8 * this.#edge;
    for (let i = 0; i < MODELS; i++) {
      const model = this.#models[i] as Belief;
      model.advance(elapsed);
      const evidence = model.update(this.#likelihood, low, high);
      this.#scores[i] = 0.99 * (this.#scores[i] as number) + Math.max(evidence, -100);
    }
    this.#weigh();
  }

  predict(atLocal: LocalSeconds, out: Estimate): boolean {
    if (!this.#started) return false;
    const t = atLocal - this.#atLocal;
    let offset = 0;
    let frequency = 0;
    for (let i = 0; i < MODELS; i++) {
      const model = this.#models[i] as Belief;
      offset += (this.#weights[i] as number) * model.offset;
      frequency += (this.#weights[i] as number) * model.frequency;
    }
    let xx = 0;
    let ff = 0;
    for (let i = 0; i < MODELS; i++) {
      const model = this.#models[i] as Belief;
      const dx = model.offset + t * model.frequency - offset - t * frequency;
      const q = model.wander;
      xx +=
        (this.#weights[i] as number) *
        (model.varianceOffset +
          2 * t * model.covariance +
          t * t * model.varianceFrequency +
          (q * Math.abs(t) ** 3) / 3 +
          dx * dx);
      ff +=
        (this.#weights[i] as number) * (model.varianceFrequency + q * Math.abs(t) + (model.frequency - frequency) ** 2);
    }
    out.atLocal = atLocal;
    out.offsetSeconds = offset + t * frequency;
    out.frequency = frequency;
    out.offsetSigmaSeconds = Math.sqrt(xx);
    out.frequencySigma = Math.sqrt(ff);
    out.delayFloorSeconds = 2 * this.#floor;
    out.jitterSeconds = this.#wide;
    return true;
  }

  readonly #likelihood = (first: number, step: number, out: Float64Array, count: number): void => {
    const sample = this.#sample as Sample;
    const up = sample.upSeconds - this.#floor;
    const down = sample.downSeconds - this.#floor;
    for (let i = 0; i < count; i++) {
      const x = first + i * step;
      out[i] = this.#density(this.#pooled, up - x) * this.#density(this.#pooled, down + x);
    }
  };

  #density(shape: DelayShape, excess: number): number {
    if (excess >= 0) return shape.density(excess);
    const z = excess / this.#edge;
    const wide = this.#wide - excess;
    return shape.density(0) * Math.exp(-0.5 * z * z) + (1e-4 * this.#wide) / (wide * wide);
  }

  #weigh(): void {
    let best = Number.NEGATIVE_INFINITY;
    for (const score of this.#scores) best = Math.max(best, score);
    let total = 0;
    for (let i = 0; i < MODELS; i++) {
      const weight = Math.exp((this.#scores[i] as number) - best);
      this.#weights[i] = weight;
      total += weight;
    }
    for (let i = 0; i < MODELS; i++) this.#weights[i] = (this.#weights[i] as number) / total;
    const low = this.#models[0] as Belief;
    const high = this.#models[MODELS - 1] as Belief;
    if ((this.#scores[MODELS - 1] as number) - (this.#scores[1] as number) > 1 && high.wander < 1e-9) {
      low.copyFrom(high);
      low.wander = high.wander * WANDER_RATIO;
      this.#models.push(this.#models.shift() as Belief);
      const scores = this.#scores;
      scores.copyWithin(0, 1);
      scores[MODELS - 1] = (scores[MODELS - 2] as number) - 0.5;
      this.#weigh();
    } else if ((this.#scores[0] as number) - (this.#scores[1] as number) > 1 && low.wander > 1e-23) {
      high.copyFrom(low);
      high.wander = low.wander / WANDER_RATIO;
      this.#models.unshift(this.#models.pop() as Belief);
      const scores = this.#scores;
      scores.copyWithin(1, 0);
      scores[0] = (scores[1] as number) - 0.5;
      this.#weigh();
    }
  }
}
