import { describe, expect, it } from 'vitest';
import { ClockWatch } from '../../../src/daemon/clock-watch.ts';
import { SAMPLE_BOOT, SAMPLE_REAL } from '../../../src/native/clock-sample.ts';
import { LocalTimescale } from '../../../src/native/local-timescale.ts';

/** A timescale whose last reading is then falsified. */
function watched(): { timescale: LocalTimescale; watch: ClockWatch; move(word: number, seconds: number): void } {
  const timescale = new LocalTimescale();
  const move = (word: number, seconds: number): void => {
    timescale.row[word] = (timescale.row[word] as number) + Math.trunc(seconds);
    timescale.row[word + 1] = (timescale.row[word + 1] as number) + (seconds % 1) * 1e9;
  };
  return { timescale, watch: new ClockWatch(timescale), move };
}

describe('watching the clocks', () => {
  it('sees nothing when nothing happens', () => {
    const { timescale, watch } = watched();
    for (let i = 0; i < 20; i++) {
      timescale.sample();
      expect(watch.look(0, false)).toEqual({ suspendedSeconds: 0, foreignStepSeconds: 0 });
    }
  });

  it('sees somebody else set the clock, but not ourselves', () => {
    const { watch, move } = watched();
    move(SAMPLE_REAL, -2.25);
    expect(watch.look(0, false).foreignStepSeconds).toBeCloseTo(-2.25, 6);
    move(SAMPLE_REAL, 0.5);
    expect(watch.look(0.5, false).foreignStepSeconds).toBe(0);
    move(SAMPLE_REAL, 0.75);
    expect(watch.look(0.5, false).foreignStepSeconds).toBeCloseTo(0.25, 6);
  });

  it('takes a leap second for one only when it was armed', () => {
    const { watch, move } = watched();
    move(SAMPLE_REAL, -1);
    expect(watch.look(0, true).foreignStepSeconds).toBe(0);
    move(SAMPLE_REAL, -1);
    expect(watch.look(0, false).foreignStepSeconds).toBeCloseTo(-1, 6);
  });

  it('sees that the machine has slept', () => {
    const { watch, move } = watched();
    move(SAMPLE_BOOT, 3600);
    move(SAMPLE_REAL, 3600);
    const woken = watch.look(0, false);
    expect(woken.suspendedSeconds).toBeCloseTo(3600, 3);
    expect(woken.foreignStepSeconds).toBe(0);
    expect(watch.look(0, false)).toEqual({ suspendedSeconds: 0, foreignStepSeconds: 0 });
  });

  it('sees that somebody set the clock while the machine slept', () => {
    const { watch, move } = watched();
    move(SAMPLE_BOOT, 600);
    move(SAMPLE_REAL, 603);
    expect(watch.look(0, false).foreignStepSeconds).toBeCloseTo(3, 6);
  });
});
