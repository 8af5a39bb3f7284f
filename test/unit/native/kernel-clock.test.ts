import { describe, expect, it } from 'vitest';
import { KernelClock } from '../../../src/native/kernel-clock.ts';
import { LocalTimescale } from '../../../src/native/local-timescale.ts';
import * as timex from '../../../src/native/timex.ts';

/** A kernel that records every call and keeps what it is told; it never touches a clock. */
class RecordedKernel {
  readonly calls: Float64Array[] = [];
  readonly state: Float64Array = timex.timexRow();
  refusal = 0;

  constructor() {
    this.state[timex.TIMEX_TICK] = 10_000;
    this.state[timex.TIMEX_FREQUENCY] = 12.5 * 65_536;
    this.state[timex.TIMEX_STATUS] = 0x2001;
    this.state[timex.TIMEX_MAXIMUM_ERROR] = 1234;
    this.state[timex.TIMEX_OFFSET] = 400_000;
  }

  read = (row: Float64Array): number => {
    row.set(this.state);
    return 0;
  };

  adjust = (row: Float64Array): number => {
    if (this.refusal !== 0) return -this.refusal;
    this.calls.push(row.slice());
    const modes = row[timex.TIMEX_MODES] as number;
    const keep = (mode: number, word: number): void => {
      if ((modes & mode) !== 0) this.state[word] = row[word] as number;
    };
    keep(timex.ADJ_FREQUENCY, timex.TIMEX_FREQUENCY);
    keep(timex.ADJ_TICK, timex.TIMEX_TICK);
    keep(timex.ADJ_STATUS, timex.TIMEX_STATUS);
    // The real one takes an offset, also one of nothing, only while its PLL is on.
    const isPllOn = ((this.state[timex.TIMEX_STATUS] as number) & timex.STA_PLL) !== 0;
    if (modes !== timex.ADJ_OFFSET_SINGLESHOT && isPllOn) keep(timex.ADJ_OFFSET, timex.TIMEX_OFFSET);
    keep(timex.ADJ_MAXERROR, timex.TIMEX_MAXIMUM_ERROR);
    keep(timex.ADJ_ESTERROR, timex.TIMEX_ESTIMATED_ERROR);
    return 0;
  };

  /** The last call, by the names of its fields; those that its modes do not name must be 0. */
  last(): Record<string, number> {
    return this.named(-1);
  }

  /** Likewise an earlier call. */
  named(call: number): Record<string, number> {
    const row = this.calls.at(call) as Float64Array;
    const names = Object.entries(timex).filter(([name]) => name.startsWith('TIMEX_') && name !== 'TIMEX_WORDS');
    const fields = names.map(([name, word]) => [name.slice(6).toLowerCase(), row[word as number] as number] as const);
    return Object.fromEntries(fields.filter(([, value]) => value !== 0));
  }
}

function start(): { kernel: RecordedKernel; clock: KernelClock } {
  const kernel = new RecordedKernel();
  return { kernel, clock: new KernelClock(new LocalTimescale(), kernel) };
}

describe('the system clock', () => {
  it('is taken over as it runs, the kernel PLL off, unsynchronised', () => {
    const { kernel, clock } = start();
    expect(clock.found).toEqual({ frequencyPpm: 12.5, tickUs: 10_000, status: 0x2001, maximumErrorSeconds: 0.001234 });
    expect(kernel.calls).toHaveLength(3);
    expect(kernel.last()).toEqual({
      modes: timex.ADJ_FREQUENCY | timex.ADJ_TICK | timex.ADJ_STATUS,
      frequency: 12.5 * 65_536,
      tick: 10_000,
      status: timex.STA_UNSYNCHRONISED,
    });
  });

  it('is relieved of what the kernel still slews by itself, while the PLL is on, before that is switched off', () => {
    const { kernel } = start();
    expect(kernel.named(0)).toEqual({
      modes: timex.ADJ_OFFSET | timex.ADJ_STATUS,
      status: timex.STA_PLL | timex.STA_UNSYNCHRONISED,
    });
    expect(kernel.named(1)).toEqual({ modes: timex.ADJ_OFFSET_SINGLESHOT });
    expect(kernel.state[timex.TIMEX_OFFSET]).toBe(0);
    expect((kernel.state[timex.TIMEX_STATUS] as number) & timex.STA_PLL).toBe(0);
  });

  it('is stepped with a normalised time: whole seconds down, nanoseconds up', () => {
    const { kernel, clock } = start();
    clock.step(0, -1.25, 10e-6);
    const step = kernel.calls.at(-2) as Float64Array;
    expect(step[timex.TIMEX_MODES]).toBe(timex.ADJ_SETOFFSET | timex.ADJ_NANO);
    expect(step[timex.TIMEX_TIME_SECONDS]).toBe(-2);
    expect(step[timex.TIMEX_TIME_FRACTION]).toBe(750_000_000);
    expect(kernel.last()).toEqual({ modes: timex.ADJ_FREQUENCY | timex.ADJ_TICK, frequency: 655_360, tick: 10_000 });
    expect(clock.steppedSeconds).toBe(-1.25);
  });

  it('never gets a fraction of a whole second', () => {
    const { kernel, clock } = start();
    clock.step(0, 2 - 1e-13, 0);
    const step = kernel.calls.at(-2) as Float64Array;
    expect(step[timex.TIMEX_TIME_SECONDS]).toBe(2);
    expect(step[timex.TIMEX_TIME_FRACTION]).toBe(0);
  });

  it('is slewed by its frequency, and goes back to it when the slew is done', () => {
    const { kernel, clock } = start();
    clock.slew(100, 20e-6, -0.001, 500e-6);
    expect(kernel.last()['frequency']).toBe(Math.round(-480 * 65_536));
    expect(clock.nextChangeLocal).toBeCloseTo(102, 9);
    clock.advance(101.9);
    expect(kernel.last()['frequency']).toBe(Math.round(-480 * 65_536));
    clock.advance(102.001);
    expect(kernel.last()['frequency']).toBe(20 * 65_536);
    expect(clock.nextChangeLocal).toBe(Number.POSITIVE_INFINITY);
  });

  it('uses ticks beyond what the frequency word reaches', () => {
    const { kernel, clock } = start();
    clock.slew(0, 0, 1, 0.0123);
    expect(kernel.last()).toEqual({ modes: timex.ADJ_FREQUENCY | timex.ADJ_TICK, tick: 10_123 });
    expect(clock.localPerClock).toBeCloseTo(1 / 1.0123, 12);
    clock.slew(0, 0, -1, 1);
    expect(kernel.last()['tick']).toBe(9100);
  });

  it('asks for no tick that the kernel refuses, and slews for as long as what is left takes', () => {
    const { kernel, clock } = start();
    clock.slew(100, 0.05, 1, 0.09);
    expect(kernel.last()).toEqual({ modes: timex.ADJ_FREQUENCY | timex.ADJ_TICK, tick: 11_000 });
    expect(clock.nextChangeLocal).toBeCloseTo(120, 6);
    clock.slew(100, -0.1, -1, 500e-6);
    expect(kernel.last()['tick']).toBe(9000);
    expect(clock.nextChangeLocal).toBe(Number.POSITIVE_INFINITY);
    clock.step(0, 1, 0.2);
    expect(kernel.last()['tick']).toBe(11_000);
  });

  it('takes a slew of nothing for the end of the one before', () => {
    const { kernel, clock } = start();
    clock.slew(0, 0, 1, 1e-3);
    clock.slew(1, 5e-6, 0, 1e-3);
    expect(kernel.last()['frequency']).toBe(5 * 65_536);
    expect(clock.nextChangeLocal).toBe(Number.POSITIVE_INFINITY);
  });

  it('is told its errors in microseconds, rounded up and bounded, and whether it is synchronised', () => {
    const { kernel, clock } = start();
    clock.setErrors(0.0012341, 0.00000001, true);
    expect(kernel.last()).toEqual({
      modes: timex.ADJ_MAXERROR | timex.ADJ_ESTERROR | timex.ADJ_STATUS,
      maximum_error: 1235,
      estimated_error: 1,
    });
    clock.setErrors(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, false);
    expect(kernel.last()).toMatchObject({ maximum_error: 16_000_000, status: timex.STA_UNSYNCHRONISED });
  });

  it('is told of a leap second and keeps that with every later status', () => {
    const { kernel, clock } = start();
    clock.setErrors(0, 0, true);
    clock.armLeap(1);
    expect(kernel.last()).toEqual({ modes: timex.ADJ_STATUS, status: timex.STA_INSERT });
    clock.setErrors(0, 0, true);
    expect(kernel.last()['status']).toBe(timex.STA_INSERT);
    clock.armLeap(-1);
    expect(kernel.last()['status']).toBe(timex.STA_DELETE);
    clock.armLeap(0);
    expect(kernel.state[timex.TIMEX_STATUS]).toBe(0);
  });

  it('is left at its frequency, no slew under way, no leap second armed', () => {
    const { kernel, clock } = start();
    clock.setErrors(0, 0, true);
    clock.armLeap(1);
    clock.slew(0, 7e-6, 1, 1e-3);
    clock.release();
    expect(kernel.last()).toEqual({
      modes: timex.ADJ_FREQUENCY | timex.ADJ_TICK | timex.ADJ_STATUS,
      frequency: 7 * 65_536,
      tick: 10_000,
    });
  });

  it('notices that somebody else has changed its frequency', () => {
    const { kernel, clock } = start();
    expect(clock.isMeddledWith()).toBe(false);
    kernel.state[timex.TIMEX_FREQUENCY] = 1;
    expect(clock.isMeddledWith()).toBe(true);
  });

  it('says which call the kernel refused', () => {
    const { kernel, clock } = start();
    kernel.refusal = 1;
    expect(() => clock.setErrors(0, 0, true)).toThrow(
      expect.objectContaining({ code: 'EPERM', syscall: 'clock_adjtime' }),
    );
  });

  it('reads as far from the timescale as CLOCK_REALTIME is', () => {
    const { clock } = start();
    const timescale = new LocalTimescale();
    expect(Math.abs(clock.readOffsetSeconds(timescale.sample()))).toBeLessThan(0.05);
  });
});
