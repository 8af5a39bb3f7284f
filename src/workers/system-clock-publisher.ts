import {
  CLOCKS_MONO_NS,
  CLOCKS_REAL_FRACTION,
  CLOCKS_REAL_SECONDS,
  CLOCKS_WORDS,
  readClocks,
} from '../native/clocks.ts';
import { RealtimeMapping } from './realtime-mapping.ts';
import type { TimePage, TimePublication } from './time-page.ts';

/**
 * Publishes the system clock as the served clock: anchored at the moment of publication, running as CLOCK_MONOTONIC
 * does (the kernel slews both alike). Notices by the mapping REALTIME − MONOTONIC when somebody set the clock.
 */
export class SystemClockPublisher {
  private readonly page: TimePage;
  private readonly clocks: Int32Array = new Int32Array(new ArrayBuffer(CLOCKS_WORDS * 4));
  private readonly mapping: RealtimeMapping = new RealtimeMapping();

  constructor(page: TimePage) {
    this.page = page;
  }

  /** Fills the clock's part of `time` and publishes all of it. To be called at least once a second. */
  publish(time: TimePublication): void {
    this.read(time);
    this.page.publish(time);
  }

  /** Fills the clock's part of `time`. @returns by how much the clock was set since the last reading, seconds. */
  read(time: TimePublication): number {
    const { clocks } = this;
    readClocks(clocks);
    const steppedSeconds = this.mapping.update(clocks);
    time.anchorMonoNsLow = clocks[CLOCKS_MONO_NS] as number;
    time.anchorMonoNsHigh = clocks[CLOCKS_MONO_NS + 1] as number;
    time.publishedMonoNsLow = time.anchorMonoNsLow;
    time.publishedMonoNsHigh = time.anchorMonoNsHigh;
    time.anchorSeconds = clocks[CLOCKS_REAL_SECONDS] as number;
    time.anchorFraction = clocks[CLOCKS_REAL_FRACTION] as number;
    // The system clock is its own reference: it was right, as far as anybody knows, just now.
    time.reftimeSeconds = time.anchorSeconds;
    time.reftimeFraction = time.anchorFraction;
    time.rate = 0;
    time.mappingNsLow = this.mapping.low;
    time.mappingNsHigh = this.mapping.high;
    time.epoch = this.mapping.epoch;
    return steppedSeconds;
  }
}
