import { describe, expect, it } from 'vitest';
import { type DelayPart, delaySampler, inWindow } from '../../../src/simulate/delay.ts';
import { RandomStream } from '../../../src/simulate/random-stream.ts';

function draws(part: DelayPart, count = 5000, spacing = 1): number[] {
  const sample = delaySampler(part, new RandomStream(3));
  return Array.from({ length: count }, (_, index) => sample(index * spacing, true, index));
}

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('delaySampler', () => {
  it.each<[string, DelayPart, number, number]>([
    ['constant', { shape: 'constant', seconds: 2 }, 2, 0],
    ['exponential', { shape: 'exponential', mean: 2 }, 2, 0.15],
    ['normal', { shape: 'normal', sigma: 2 }, 0, 0.15],
    ['gamma', { shape: 'gamma', k: 3, scale: 2 }, 6, 0.3],
    ['lognormal', { shape: 'lognormal', median: 1, sigma: 0.5 }, Math.exp(0.125), 0.1],
    ['uniform', { shape: 'uniform', low: 1, high: 3 }, 2, 0.1],
    ['choice', { shape: 'choice', values: [0, 4] }, 2, 0.15],
    ['a queue: busy a quarter of the time', { shape: 'queue', mean: 1, busy: 20, idle: 60 }, 0.25, 0.08],
    ['a load: half the mean over a period', { shape: 'load', mean: 1, period: 100 }, 0.5, 0.05],
    ['ECMP over two paths', { shape: 'ecmp', values: [0, 4] }, 2, 0.2],
  ])('draws %s', (_name, part, expected, tolerance) => {
    expect(Math.abs(mean(draws(part)) - expected)).toBeLessThanOrEqual(tolerance);
  });

  it('fills a buffer in a sawtooth', () => {
    const sample = delaySampler({ shape: 'sawtooth', peak: 0.2, rise: 3 }, new RandomStream(1));
    expect(sample(0, true, 0)).toBe(0);
    expect(sample(1.5, true, 0)).toBeCloseTo(0.1, 12);
    expect(sample(4.5, true, 0)).toBeCloseTo(0.1, 12);
  });

  it('correlates over tau: neighbours are alike, distant packets are not', () => {
    const values = draws({ shape: 'correlated', mean: 10, sigma: 1, tau: 300 }, 4000, 30);
    const centre = mean(values);
    const covariance = (lag: number): number =>
      mean(values.slice(lag).map((value, index) => (value - centre) * ((values[index] as number) - centre)));
    expect(covariance(1) / covariance(0)).toBeCloseTo(Math.exp(-0.1), 1);
    expect(Math.abs(covariance(100) / covariance(0))).toBeLessThan(0.15);
  });

  it('sends a port over opposite paths in the two directions, always the same', () => {
    const up = delaySampler({ shape: 'ecmp', values: [0, 1, 2] }, new RandomStream(5));
    const down = delaySampler({ shape: 'ecmp', values: [0, 1, 2] }, new RandomStream(5));
    for (let port = 1024; port < 1100; port++) {
      expect(up(0, true, port) + down(9, false, port)).toBe(2);
      expect(up(5, true, port)).toBe(up(0, true, port));
    }
  });

  it('acts only in its window', () => {
    const sample = delaySampler({ shape: 'constant', seconds: 1, from: 10, until: 20, every: 60 }, new RandomStream(1));
    expect([5, 10, 19, 20, 70, 85].map((at) => sample(at, true, 0))).toEqual([0, 1, 1, 0, 1, 0]);
  });
});

describe('inWindow', () => {
  it('is open where nothing is said', () => {
    expect(inWindow({}, 0)).toBe(true);
    expect(inWindow({ from: 5 }, 4)).toBe(false);
    expect(inWindow({ until: 5 }, 5)).toBe(false);
  });
});
