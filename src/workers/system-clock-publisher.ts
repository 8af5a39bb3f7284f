import {
  CLOCKS_MAPPING_NS,
  CLOCKS_MONO_NS,
  CLOCKS_REAL_FRACTION,
  CLOCKS_REAL_SECONDS,
  CLOCKS_WORDS,
  readClocks,
} from '../native/clocks.ts';
import type { TimePage, TimePublication } from './time-page.ts';

/** Mappings that differ by less than this are one and the same, read with a few nanoseconds of error. */
const MAPPING_TOLERANCE_NS = 100;

/**
 * Publishes the system clock as the served clock: anchored at the moment of publication, running as CLOCK_MONOTONIC
 * does (the kernel slews both alike). Notices by the mapping REALTIME − MONOTONIC when somebody set the clock.
 */
export class SystemClockPublisher {
  private readonly page: TimePage;
  private readonly clocks: Int32Array = new Int32Array(new ArrayBuffer(CLOCKS_WORDS * 4));
  private mappingLow = 0;
  private mappingHigh = 0;
  private epoch = 0;

  constructor(page: TimePage) {
    this.page = page;
  }

  /** Fills the clock's part of `time` and publishes all of it. To be called at least once a second. */
  publish(time: TimePublication): void {
    const { clocks } = this;
    readClocks(clocks);
    const low = clocks[CLOCKS_MAPPING_NS] as number;
    const high = clocks[CLOCKS_MAPPING_NS + 1] as number;
    const movedNs = (high - this.mappingHigh) * 2 ** 32 + ((low >>> 0) - (this.mappingLow >>> 0));
    if (Math.abs(movedNs) > MAPPING_TOLERANCE_NS) {
      this.epoch++;
      this.mappingLow = low;
      this.mappingHigh = high;
    }
    time.anchorMonoNsLow = clocks[CLOCKS_MONO_NS] as number;
    time.anchorMonoNsHigh = clocks[CLOCKS_MONO_NS + 1] as number;
    time.publishedMonoNsLow = time.anchorMonoNsLow;
    time.publishedMonoNsHigh = time.anchorMonoNsHigh;
    time.anchorSeconds = clocks[CLOCKS_REAL_SECONDS] as number;
    time.anchorFraction = clocks[CLOCKS_REAL_FRACTION] as number;
    time.rate = 0;
    time.mappingNsLow = this.mappingLow;
    time.mappingNsHigh = this.mappingHigh;
    time.epoch = this.epoch;
    this.page.publish(time);
  }
}
