import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../src/simulate/random-stream.ts';
import { Series } from '../../../src/simulate/statistics.ts';

function moments(draw: () => number, count = 20_000): { mean: number; variance: number } {
  const series = new Series();
  for (let index = 0; index < count; index++) series.add(draw());
  const { mean, rms } = series.summarise();
  return { mean, variance: rms * rms - mean * mean };
}

describe('RandomStream', () => {
  it('repeats itself from its seed', () => {
    const one = new RandomStream(7);
    const two = new RandomStream(7);
    for (let index = 0; index < 100; index++) expect(one.word()).toBe(two.word());
  });

  it('forks by label, whatever was drawn before', () => {
    const one = new RandomStream(7);
    const two = new RandomStream(7);
    two.word();
    expect(one.fork('link').word()).toBe(two.fork('link').word());
    expect(one.fork('link').word()).not.toBe(one.fork('node').word());
    expect(one.fork('link').word()).not.toBe(new RandomStream(8).fork('link').word());
  });

  it('draws uniform numbers in [0, 1)', () => {
    const random = new RandomStream(1);
    const { mean, variance } = moments(() => {
      const value = random.uniform();
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThan(1);
      return value;
    });
    expect(mean).toBeCloseTo(0.5, 1);
    expect(variance).toBeCloseTo(1 / 12, 2);
  });

  it.each([
    ['exponential', (random: RandomStream) => random.exponential(), 1, 1],
    ['normal', (random: RandomStream) => random.normal(), 0, 1],
    ['gamma of shape 3', (random: RandomStream) => random.gamma(3), 3, 3],
    ['gamma of shape 0.5', (random: RandomStream) => random.gamma(0.5), 0.5, 0.5],
  ] as const)('draws %s with the right mean and variance', (_name, draw, mean, variance) => {
    const random = new RandomStream(2);
    const got = moments(() => draw(random));
    expect(Math.abs(got.mean - mean)).toBeLessThan(0.05);
    expect(Math.abs(got.variance - variance)).toBeLessThan(0.15 * Math.max(1, variance));
  });
});
