import { describe, expect, it } from 'vitest';
import { Oscillator } from '../../../src/simulate/oscillator.ts';
import { RandomStream } from '../../../src/simulate/random-stream.ts';
import type { OscillatorOptions } from '../../../src/simulate/scenario.ts';

function oscillator(options: Partial<OscillatorOptions>, recordedPpm: Float64Array | null = null): Oscillator {
  const whole = { errorPpm: 0, wander: 0, sines: [], frequencySteps: [], jumps: [], suspends: [], ...options };
  return new Oscillator(whole, recordedPpm, new RandomStream(1));
}

describe('Oscillator', () => {
  it('gains its constant error', () => {
    expect(oscillator({ errorPpm: 10 }).deviationAt(1000.5)).toBeCloseTo(0.010005, 12);
  });

  it('walks by its wander: the deviation of frequency grows with the root of time', () => {
    const finals = Array.from({ length: 200 }, (_, seed) => {
      const options = { errorPpm: 0, wander: 1e-9, sines: [], frequencySteps: [], jumps: [], suspends: [] };
      return new Oscillator(options, null, new RandomStream(seed)).frequencyAt(400);
    });
    const rms = Math.sqrt(finals.reduce((sum, value) => sum + value * value, 0) / finals.length);
    expect(rms).toBeGreaterThan(17e-9);
    expect(rms).toBeLessThan(23e-9);
  });

  it('changes its frequency at a step, and for good', () => {
    const stepped = oscillator({ frequencySteps: [{ at: 100, changePpm: 30 }] });
    expect(stepped.deviationAt(100)).toBe(0);
    expect(stepped.deviationAt(200)).toBeCloseTo(3e-3, 12);
  });

  it('swings with a sine', () => {
    const swinging = oscillator({ sines: [{ amplitudePpm: 1, period: 400, phase: 0 }] });
    expect(swinging.frequencyAt(100)).toBeCloseTo(1e-6, 10);
    expect(swinging.frequencyAt(300)).toBeCloseTo(-1e-6, 10);
    expect(Math.abs(swinging.deviationAt(400))).toBeLessThan(1e-12);
  });

  it('jumps without a change of rate', () => {
    const jumping = oscillator({ jumps: [{ at: 50, by: 0.05 }] });
    expect(jumping.deviationAt(49.9)).toBe(0);
    expect(jumping.deviationAt(50)).toBeCloseTo(0.05, 12);
    expect(jumping.frequencyAt(50)).toBe(0);
  });

  it('stands still while the machine sleeps', () => {
    const sleeping = oscillator({ suspends: [{ at: 10, for: 20 }] });
    expect(sleeping.localAt(25)).toBe(10);
    expect(sleeping.localAt(40)).toBe(20);
    expect(sleeping.asleepAt(29.9)).toBe(true);
    expect(sleeping.asleepAt(30)).toBe(false);
  });

  it('follows a recorded error and keeps its last value', () => {
    const recorded = oscillator({ errorPpm: 1 }, Float64Array.of(1, 2, 3));
    expect(recorded.frequencyAt(1)).toBeCloseTo(3e-6, 15);
    expect(recorded.frequencyAt(100)).toBeCloseTo(4e-6, 15);
  });

  it('finds the true time of a local deadline, through errors, jumps and sleep', () => {
    const wild = oscillator({
      errorPpm: 500,
      wander: 1e-6,
      jumps: [{ at: 500, by: 3 }],
      suspends: [{ at: 900, for: 50 }],
    });
    for (const [local, from] of [
      [12.3, 0],
      [400, 12],
      [502, 400],
      [880, 502],
      [2000.25, 880],
    ] as const) {
      const at = wild.trueAt(local, from);
      expect(wild.localAt(at + 1e-9)).toBeGreaterThanOrEqual(local);
      expect(wild.localAt(at - 1e-6)).toBeLessThan(local);
    }
    expect(wild.trueAt(5, 1000)).toBe(1000);
  });
});
