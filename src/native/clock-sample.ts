import { loadAddon } from './binding.ts';

/** Words of a sample: four clocks as seconds and nanoseconds, then the window in which all of them were read. */
export const SAMPLE_REAL = 0;
export const SAMPLE_MONO = 2;
export const SAMPLE_RAW = 4;
export const SAMPLE_BOOT = 6;
export const SAMPLE_WINDOW_NS = 8;
export const SAMPLE_WORDS = 9;

/** A fresh row for `sampleClocks`. */
export function clockSampleRow(): Float64Array {
  return new Float64Array(new ArrayBuffer(SAMPLE_WORDS * Float64Array.BYTES_PER_ELEMENT));
}

interface NativeClockSample {
  sampleClocks(out: Float64Array): void;
  clockPrecision(): number;
}

/** Reads CLOCK_REALTIME, _MONOTONIC, _MONOTONIC_RAW and _BOOTTIME within one short window. */
export function sampleClocks(out: Float64Array): void {
  loadAddon<NativeClockSample>().sampleClocks(out);
}

/** Precision of the system clock as log2 seconds (RFC 5905 §7.3). */
export function clockPrecisionLog2(): number {
  return loadAddon<NativeClockSample>().clockPrecision();
}
