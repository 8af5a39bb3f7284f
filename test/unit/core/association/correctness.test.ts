import { describe, expect, test } from 'vitest';
import { Correctness, type Interval } from '../../../../src/core/association/correctness.ts';

const interval: Interval = { lowSeconds: 0, highSeconds: 0 };

function sampleAt(atLocal: number, offset: number, up: number, down: number) {
  return { atLocal, upSeconds: offset + up, downSeconds: down - offset, precisionSeconds: 0, durationSeconds: 0 };
}

describe('the correctness interval', () => {
  test('does not exist before the first sample', () => {
    expect(new Correctness().at(0, 0, 0, interval)).toBe(false);
  });

  test('reaches from T3 − T4 to T2 − T1, whatever the asymmetry, and widens by the source’s own root distance', () => {
    const correctness = new Correctness();
    correctness.add(sampleAt(0, 0.5, 0.001, 0.012), 0.002);
    expect(correctness.at(0, 0, 0, interval)).toBe(true);
    expect(interval.lowSeconds).toBeCloseTo(0.5 - 0.012 - 0.002, 12);
    expect(interval.highSeconds).toBeCloseTo(0.5 + 0.001 + 0.002, 12);
  });

  test('grows by PHI about the believed frequency', () => {
    const correctness = new Correctness();
    correctness.add(sampleAt(0, 0, 0.001, 0.001), 0);
    correctness.at(1000, 2e-5, 0, interval);
    expect(interval.lowSeconds).toBeCloseTo(0.02 - 0.001 - 0.015, 12);
    expect(interval.highSeconds).toBeCloseTo(0.02 + 0.001 + 0.015, 12);
    correctness.at(1000, 2e-5, 5e-5, interval);
    expect(interval.highSeconds).toBeCloseTo(0.02 + 0.001 + 0.05, 12);
  });

  test('is what all samples have in common', () => {
    const correctness = new Correctness();
    correctness.add(sampleAt(0, 0, 0.001, 0.05), 0);
    correctness.add(sampleAt(1, 0, 0.05, 0.002), 0);
    correctness.at(1, 0, 0, interval);
    expect(interval.lowSeconds).toBeCloseTo(-0.002, 12);
    expect(interval.highSeconds).toBeCloseTo(0.001 + 15e-6, 12);
  });

  test('forgets samples that the newest contradict', () => {
    const correctness = new Correctness();
    for (let at = 0; at < 5; at++) correctness.add(sampleAt(at, 0, 0.001, 0.001), 0);
    correctness.add(sampleAt(5, 1, 0.001, 0.001), 0);
    correctness.at(5, 0, 0, interval);
    expect(interval.lowSeconds).toBeCloseTo(0.999, 12);
    expect(interval.highSeconds).toBeCloseTo(1.001, 12);
  });

  test('knows the shortest round trip of the samples that it is made of', () => {
    const correctness = new Correctness();
    expect(correctness.roundTripSeconds).toBe(0);
    for (const [at, down] of [0.004, 0.001, 0.003].entries()) correctness.add(sampleAt(at, 0.5, 0.002, down), 0);
    expect(correctness.roundTripSeconds).toBeCloseTo(0.003, 12);
  });
});
