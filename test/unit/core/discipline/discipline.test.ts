import { describe, expect, test } from 'vitest';
import { SYNCHRONIZATION_DEFAULTS, type SynchronizationOptions } from '../../../../src/core/coordinator-options.ts';
import { Discipline, offsetAt } from '../../../../src/core/discipline/discipline.ts';
import { TestClock } from '../../../support/coordinator-world.ts';

function started(change: Partial<SynchronizationOptions> = {}): { clock: TestClock; discipline: Discipline } {
  const clock = new TestClock(0);
  const discipline = new Discipline(clock, { ...SYNCHRONIZATION_DEFAULTS, ...change });
  discipline.follow(0, { atLocal: 0, offsetSeconds: 0, frequency: 0 }, 0, 1);
  return { clock, discipline };
}

const lineTo = (offsetSeconds: number, atLocal = 0, frequency = 0) => ({ atLocal, offsetSeconds, frequency });

describe('the first correction', () => {
  test('is stepped when it would take long to slew', () => {
    const clock = new TestClock(0);
    const discipline = new Discipline(clock, SYNCHRONIZATION_DEFAULTS);
    expect(discipline.follow(0, lineTo(-0.1, 0, 2e-5), 0, 1)).toMatchObject({
      kind: 'stepped',
      correctionSeconds: -0.1,
    });
    expect(clock.readOffsetSeconds(0)).toBeCloseTo(-0.1, 12);
    expect(clock.readOffsetSeconds(100)).toBeCloseTo(-0.1 + 0.002, 12);
    expect(discipline.steps).toBe(1);
    expect(discipline.accumulatedSeconds).toBe(0);
  });

  test('is slewed when it is small', () => {
    const clock = new TestClock(0);
    expect(new Discipline(clock, SYNCHRONIZATION_DEFAULTS).follow(0, lineTo(0.004), 0, 1).kind).toBe('slewed');
    expect(clock.steps).toEqual([]);
  });

  test('above the startup threshold touches nothing', () => {
    const clock = new TestClock(0);
    const discipline = new Discipline(clock, SYNCHRONIZATION_DEFAULTS);
    expect(discipline.follow(0, lineTo(-100_000), 0, 1)).toMatchObject({ kind: 'panicked' });
    expect(clock.readOffsetSeconds(10)).toBe(0);
    expect(discipline.isStarted).toBe(false);
  });
});

describe('later corrections', () => {
  test('are slewed up to the step threshold, no faster than max-slew-rate, so never backwards', () => {
    const { clock, discipline } = started();
    expect(discipline.follow(0, lineTo(-0.5), 0, 1)).toEqual({ kind: 'slewed', correctionSeconds: -0.5 });
    expect(clock.rates).toEqual([-500e-6]);
    expect(clock.readOffsetSeconds(500)).toBeCloseTo(-0.25, 9);
    expect(clock.readOffsetSeconds(2000)).toBeCloseTo(-0.5, 9);
  });

  test('take a second at least: the end of a slew need not be hit to the millisecond', () => {
    const { clock, discipline } = started();
    discipline.follow(0, lineTo(1e-5), 0, 1);
    expect(clock.rates[0]).toBeCloseTo(1e-5, 12);
  });

  test('are spread over two intervals: most of a correction is noise', () => {
    const { clock, discipline } = started();
    discipline.follow(64, lineTo(1e-4, 64), 1e-4, 1);
    expect(clock.rates[0]).toBeCloseTo(1e-4 / 128, 12);
    expect(clock.readOffsetSeconds(192)).toBeCloseTo(1e-4, 12);
  });

  test('are slewed when only what is served jumped further than the threshold', () => {
    const { clock, discipline } = started();
    for (const at of [0, 20]) expect(discipline.follow(at, lineTo(0.4, at), 0.7, 1).kind).toBe('waiting');
    expect(discipline.follow(40, lineTo(0.4, 40), 0.7, 1).kind).toBe('slewed');
    expect(clock.steps).toEqual([]);
  });

  test('above the threshold wait for three samples and thirty seconds', () => {
    const { clock, discipline } = started();
    expect(discipline.follow(0, lineTo(2), 0, 1).kind).toBe('waiting');
    expect(discipline.follow(10, lineTo(2), 0, 1).kind).toBe('waiting');
    expect(discipline.follow(20, lineTo(2), 0, 1).kind).toBe('waiting');
    expect(clock.steps).toEqual([]);
    expect(discipline.follow(31, lineTo(2), 0, 0)).toMatchObject({ kind: 'stepped', correctionSeconds: 2 });
    expect(discipline.accumulatedSeconds).toBe(2);
  });

  test('start waiting anew when the selection was lost or the offset went away', () => {
    const { discipline } = started();
    discipline.follow(0, lineTo(2), 0, 5);
    discipline.coast();
    expect(discipline.follow(40, lineTo(2), 0, 5).kind).toBe('waiting');
    discipline.follow(50, lineTo(0), 0, 5);
    expect(discipline.follow(100, lineTo(2), 0, 5).kind).toBe('waiting');
  });

  test('a jump of what the sources say waits too, though the clock itself cannot be touched', () => {
    const { clock, discipline } = started();
    clock.canStep = false;
    clock.canSlew = false;
    expect(discipline.follow(0, lineTo(2), 2, 1).kind).toBe('waiting');
    expect(discipline.follow(40, lineTo(2), 2, 3).kind).toBe('observed');
  });

  test('over the panic threshold end in a panic, the clock untouched', () => {
    const { clock, discipline } = started();
    discipline.follow(0, lineTo(5000), 0, 3);
    expect(discipline.follow(31, lineTo(5000), 0, 3).kind).toBe('panicked');
    expect(clock.steps).toEqual([]);
  });

  test('add up to the accumulated threshold', () => {
    const limit = { forwardSeconds: 3, backwardSeconds: 3 };
    const { clock, discipline } = started({ accumulatedStepPanicThreshold: limit });
    discipline.follow(0, lineTo(2), 0, 3);
    expect(discipline.follow(31, lineTo(2), 0, 3).kind).toBe('stepped');
    discipline.follow(40, lineTo(0), 0, 3);
    expect(discipline.follow(80, lineTo(0), 0, 3)).toMatchObject({ kind: 'panicked' });
    expect(clock.steps.length).toBe(1);
  });

  test('never set a frequency that no oscillator has', () => {
    const { clock, discipline } = started();
    discipline.follow(0, lineTo(0, 0, 0.5), 0, 1);
    expect(clock.readOffsetSeconds(1)).toBeCloseTo(0.1, 9);
  });
});

describe('by order of the operator', () => {
  test('any offset is stepped at once, within the panic thresholds', () => {
    const { clock, discipline } = started();
    expect(discipline.force(5, lineTo(0.001)).kind).toBe('stepped');
    expect(clock.steps).toEqual([{ atLocal: 5, deltaSeconds: 0.001 }]);
    expect(discipline.force(6, lineTo(5000)).kind).toBe('panicked');
  });
});

describe('a leap second', () => {
  test('is stepped by exactly a second; what was being slewed goes on', () => {
    const { clock, discipline } = started({ leapMode: 'step' });
    discipline.follow(0, lineTo(0.1), 0, 1);
    const before = clock.readOffsetSeconds(100);
    discipline.leap(100, lineTo(-0.9), 1);
    expect(clock.steps).toEqual([{ atLocal: 100, deltaSeconds: -1 }]);
    expect(clock.readOffsetSeconds(100)).toBeCloseTo(before - 1, 12);
    expect(clock.readOffsetSeconds(400)).toBeCloseTo(-0.9, 9);
  });

  test('is slewed where that is wanted, though it is above the step threshold', () => {
    const { clock, discipline } = started({ leapMode: 'slew' });
    discipline.leap(0, lineTo(-1), 1);
    expect(discipline.follow(100, lineTo(-1), 0, 3)).toMatchObject({ kind: 'slewed' });
    expect(clock.steps).toEqual([]);
    expect(clock.readOffsetSeconds(2100)).toBeCloseTo(-1, 9);
    discipline.follow(2100, lineTo(-1), 0, 3);
    expect(discipline.isSmall(0.6)).toBe(false);
  });

  test('is left to a clock that does it itself', () => {
    const { clock, discipline } = started({ leapMode: 'kernel' });
    Object.assign(clock, { armLeap: () => {} });
    discipline.leap(0, lineTo(-1), 1);
    expect(clock.readOffsetSeconds(0)).toBe(0);
  });
});

test('a line is followed into the future and the past', () => {
  expect(offsetAt({ atLocal: 10, offsetSeconds: 1, frequency: 0.5 }, 12)).toBe(2);
  expect(offsetAt({ atLocal: 10, offsetSeconds: 1, frequency: 0.5 }, 8)).toBe(0);
});
