import { describe, expect, it } from 'vitest';
import { type Measure, median, overload, search, sweepRates } from '../../../src/load/campaign.ts';
import type { StepResult } from '../../../src/load/step-result.ts';

/** A server that answers up to `capacity` and loses the rest; `spoil` may change a step. */
function server(capacity: number, spoil: (step: number) => Partial<StepResult> = () => ({})) {
  const rates: number[] = [];
  const measure: Measure = async (rate) => {
    rates.push(rate);
    const answersPerSecond = Math.min(rate, capacity);
    return {
      rate,
      valid: true,
      loss: 1 - answersPerSecond / rate,
      answersPerSecond,
      ...spoil(rates.length),
    } as StepResult;
  };
  return { measure, rates };
}

const OPTIONS = { startRate: 1000, maxRate: 5e6, lossMax: 0.001, precision: 0.02 };

describe('search', () => {
  it('finds the highest rate that is kept, within its precision', async () => {
    for (const capacity of [1500, 64_000, 243_211, 1_999_999]) {
      const found = await search(server(capacity).measure, OPTIONS);
      expect(found.limitedBy).toBe('server');
      expect(found.rate / capacity).toBeGreaterThan(0.97);
      expect(found.rate / capacity).toBeLessThan(1.002);
    }
  });

  it('goes down when even the first rate is too high', async () => {
    const found = await search(server(90).measure, OPTIONS);
    expect(found.rate).toBeGreaterThan(87);
    expect(found.rate).toBeLessThanOrEqual(90);
  });

  it('is not led astray by single steps that lose', async () => {
    const unlucky = server(200_000, (step) => (step % 3 === 0 ? { loss: 0.3 } : {}));
    const found = await search(unlucky.measure, OPTIONS);
    expect(found.rate).toBeGreaterThan(195_000);
  });

  it('does not believe a single lucky step: it confirms by medians', async () => {
    const lucky = server(100_000, (step) => (step === 9 ? { loss: 0 } : {}));
    const found = await search(lucky.measure, OPTIONS);
    expect(found.rate).toBeLessThanOrEqual(100_200);
    expect(found.rate).toBeGreaterThan(94_000);
  });

  it('blames itself when the generator could not keep the rate', async () => {
    const measure: Measure = async (rate) =>
      ({ rate, valid: rate < 400_000, loss: rate < 400_000 ? 0 : 0.2, answersPerSecond: rate }) as StepResult;
    const found = await search(measure, OPTIONS);
    expect(found.limitedBy).toBe('generator');
    expect(found.rate / 400_000).toBeGreaterThan(0.97);
    expect(found.rate).toBeLessThan(400_000);
  });

  it('stops at the limit it was given', async () => {
    const found = await search(server(1e9).measure, { ...OPTIONS, maxRate: 50_000 });
    expect(found).toEqual({ rate: 50_000, answersPerSecond: 50_000, limitedBy: 'limit' });
  });

  it('finds nothing where nothing is answered', async () => {
    const found = await search(server(0).measure, OPTIONS);
    expect(found.rate).toBe(0);
  });
});

describe('overload', () => {
  it('gives the median answers of three steps for each factor', async () => {
    const server100 = server(100_000, (step) => (step === 2 ? { answersPerSecond: 1 } : {}));
    const found = await overload(server100.measure, 100_000, [1.5, 2]);
    expect(found).toEqual([
      { factor: 1.5, rate: 150_000, answersPerSecond: 100_000 },
      { factor: 2, rate: 200_000, answersPerSecond: 100_000 },
    ]);
    expect(server100.rates.length).toBe(6);
  });
});

describe('sweep', () => {
  it('multiplies up to the last rate, which is exactly the one asked for', () => {
    expect(sweepRates(1000, 10_000, 2)).toEqual([1000, 2000, 4000, 8000, 10_000]);
    expect(sweepRates(1000, 8000, 2)).toEqual([1000, 2000, 4000, 8000]);
    expect(sweepRates(5000, 5000, 2)).toEqual([5000]);
  });
});

describe('median', () => {
  it('is the middle value, or the mean of the two', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNaN();
  });
});
