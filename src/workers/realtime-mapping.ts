import { CLOCKS_MAPPING_NS } from '../native/clocks.ts';

/** Mappings that differ by less than this are one and the same, read with a few nanoseconds of error. */
const MAPPING_TOLERANCE_NS = 100;

/** CLOCK_REALTIME − CLOCK_MONOTONIC over time: constant until somebody sets the clock, which the epoch counts. */
export class RealtimeMapping {
  low = 0;
  high = 0;
  epoch = 0;

  /**
   * Takes a reading of `readClocks`; keeps the mapping as it was when only the reading's error moved it.
   *
   * @returns by how much the clock was set since the last reading, seconds.
   */
  update(clocks: Int32Array): number {
    const low = clocks[CLOCKS_MAPPING_NS] as number;
    const high = clocks[CLOCKS_MAPPING_NS + 1] as number;
    const movedNs = (high - this.high) * 2 ** 32 + ((low >>> 0) - (this.low >>> 0));
    if (Math.abs(movedNs) <= MAPPING_TOLERANCE_NS) return 0;
    const isFirst = this.epoch++ === 0;
    this.low = low;
    this.high = high;
    return isFirst ? 0 : movedNs / 1e9;
  }
}
