import * as timex from '../../src/native/timex.ts';

/** What adjtimex says about the clock. */
export interface KernelState {
  /** 0 OK, 1 INS, 2 DEL, 3 OOP, 4 WAIT, 5 ERROR. */
  readonly state: number;
  readonly status: number;
  readonly frequencyPpm: number;
  readonly tickUs: number;
  readonly maximumErrorSeconds: number;
  readonly estimatedErrorSeconds: number;
  readonly offset: number;
}

/** Mode that sets the time constant of the kernel's PLL. */
const ADJ_TIMECONST = 0x0020;

export function kernelState(): KernelState {
  const row = timex.timexRow();
  const state = timex.readTimex(row);
  const at = (word: number): number => row[word] as number;
  return {
    state,
    status: at(timex.TIMEX_STATUS),
    frequencyPpm: at(timex.TIMEX_FREQUENCY) / 65_536,
    tickUs: at(timex.TIMEX_TICK),
    maximumErrorSeconds: at(timex.TIMEX_MAXIMUM_ERROR) / 1e6,
    estimatedErrorSeconds: at(timex.TIMEX_ESTIMATED_ERROR) / 1e6,
    offset: at(timex.TIMEX_OFFSET),
  };
}

/** Leaves the kernel as a daemon before us could have: its PLL at work on an offset of 0.4 s. */
export function leavePllAtWork(): void {
  const row = timex.timexRow();
  row[timex.TIMEX_MODES] = timex.ADJ_OFFSET | timex.ADJ_STATUS | ADJ_TIMECONST;
  row[timex.TIMEX_STATUS] = timex.STA_PLL;
  row[timex.TIMEX_OFFSET] = 400_000;
  row[timex.TIMEX_CONSTANT] = 2;
  change(row);
}

/** Sets the clock forward behind the daemon's back. @param bySeconds - from 0 to 1. */
export function moveClock(bySeconds: number): void {
  const row = timex.timexRow();
  row[timex.TIMEX_MODES] = timex.ADJ_SETOFFSET | timex.ADJ_NANO;
  row[timex.TIMEX_TIME_FRACTION] = Math.round(bySeconds * 1e9);
  change(row);
}

function change(row: Float64Array): void {
  const result = timex.adjustTimex(row);
  if (result < 0) throw new Error(`clock_adjtime: ${result}`);
}

export function isUnsynchronised({ status }: KernelState): boolean {
  return (status & timex.STA_UNSYNCHRONISED) !== 0;
}
