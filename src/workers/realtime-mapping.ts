import { CLOCKS_MAPPING_NS } from '../native/clocks.ts';

/** Mappings that differ by less than this are one and the same, read with a few nanoseconds of error. */
const MAPPING_TOLERANCE_NS = 100;

/** CLOCK_REALTIME − CLOCK_MONOTONIC over time: constant until somebody sets the clock, which the epoch counts. */
export class RealtimeMapping {
  low = 0;
  high = 0;
  epoch = 0;

  /** Takes a reading of `readClocks`; keeps the mapping as it was when only the reading's error moved it. */
  update(clocks: Int32Array): void {
    const low = clocks[CLOCKS_MAPPING_NS] as number;
    const high = clocks[CLOCKS_MAPPING_NS + 1] as number;
    const movedNs = (high - this.high) * 2 ** 32 + ((low >>> 0) - (this.low >>> 0));
    if (Math.abs(movedNs) <= MAPPING_TOLERANCE_NS) return;
    this.epoch++;
    this.low = low;
    this.high = high;
  }
}
