import { loadAddon } from './binding.ts';

interface NativeClocks {
  readClocks(out: Int32Array): void;
}

/** Words of a reading: CLOCK_MONOTONIC in ns and REALTIME − MONOTONIC in ns (each low, high), REALTIME as NTP time. */
export const CLOCKS_MONO_NS = 0;
export const CLOCKS_MAPPING_NS = 2;
export const CLOCKS_REAL_SECONDS = 4;
export const CLOCKS_REAL_FRACTION = 5;
export const CLOCKS_WORDS = 6;

/** One consistent reading of the kernel's clocks. `out` is an Int32Array of CLOCKS_WORDS over a buffer of its own. */
export function readClocks(out: Int32Array): void {
  loadAddon<NativeClocks>().readClocks(out);
}
