import { loadAddon } from './binding.ts';

/** struct timex as a row of doubles (clock_adjtime(2)); addon/clock_adjust.cc has the same order. */
export const TIMEX_MODES = 0;
export const TIMEX_OFFSET = 1;
/** 2^-16 ppm; positive: the clock runs faster. */
export const TIMEX_FREQUENCY = 2;
/** Microseconds, as is the next. */
export const TIMEX_MAXIMUM_ERROR = 3;
export const TIMEX_ESTIMATED_ERROR = 4;
export const TIMEX_STATUS = 5;
export const TIMEX_CONSTANT = 6;
export const TIMEX_PRECISION = 7;
export const TIMEX_TOLERANCE = 8;
export const TIMEX_TIME_SECONDS = 9;
/** Microseconds, or nanoseconds with ADJ_NANO or STA_NANO. */
export const TIMEX_TIME_FRACTION = 10;
/** Microseconds per tick of 1/100 s. */
export const TIMEX_TICK = 11;
export const TIMEX_TAI = 20;
export const TIMEX_WORDS = 21;

/** Modes: which fields a call sets (protocol of adjtimex(2)). */
/** An offset for the kernel's PLL, while that is on. */
export const ADJ_OFFSET = 0x0001;
export const ADJ_FREQUENCY = 0x0002;
export const ADJ_MAXERROR = 0x0004;
export const ADJ_ESTERROR = 0x0008;
export const ADJ_STATUS = 0x0010;
export const ADJ_SETOFFSET = 0x0100;
export const ADJ_NANO = 0x2000;
export const ADJ_TICK = 0x4000;
/** adjtime(), with nothing else in one call. */
export const ADJ_OFFSET_SINGLESHOT = 0x8001;

/** Status bits that are ours to set. */
export const STA_PLL = 0x01;
export const STA_INSERT = 0x10;
export const STA_DELETE = 0x20;
export const STA_UNSYNCHRONISED = 0x40;

/** A fresh row, every field 0. */
export function timexRow(): Float64Array {
  return new Float64Array(new ArrayBuffer(TIMEX_WORDS * Float64Array.BYTES_PER_ELEMENT));
}

interface NativeTimex {
  readTimex(fields: Float64Array): number;
  adjustTimex(fields: Float64Array): number;
}

/** Reads the kernel's clock state into `fields`; returns 0–5 (TIME_OK … TIME_ERROR) or −errno. Changes nothing. */
export function readTimex(fields: Float64Array): number {
  return loadAddon<NativeTimex>().readTimex(fields);
}

/**
 * Does what the modes in `fields` ask for and reads the state back. THE function that changes the machine's clock.
 *
 * @returns the clock state, or −errno: −1 (EPERM) without CAP_SYS_TIME.
 */
export function adjustTimex(fields: Float64Array): number {
  return loadAddon<NativeTimex>().adjustTimex(fields);
}
