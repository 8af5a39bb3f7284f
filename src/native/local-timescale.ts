import { readFileSync } from 'node:fs';
import type { LocalEpoch, LocalSeconds } from '../core/ports.ts';
import { addSeconds, UNIX_EPOCH_NTP_SECONDS } from '../protocol/timestamp.ts';
import { clockSampleRow, SAMPLE_BOOT, SAMPLE_MONO, SAMPLE_RAW, SAMPLE_REAL, sampleClocks } from './clock-sample.ts';

/** A clock that is wrong in a known way, to be found out by a test: ahead by so much, and fast by so much. */
export interface ClockFault {
  readonly offsetSeconds: number;
  readonly frequency: number;
}

const NO_FAULT: ClockFault = { offsetSeconds: 0, frequency: 0 };

/**
 * The local timescale over CLOCK_MONOTONIC_RAW: counts seconds from its creation, whatever is done to the other
 * clocks. Reads all clocks at once; `sample()` is what makes the readings below move.
 */
export class LocalTimescale {
  /** NTP time that the system clock had at local 0. */
  readonly epoch: LocalEpoch;
  /** Local seconds per second of CLOCK_MONOTONIC_RAW; 1 unless a fault is injected. */
  readonly rate: number;
  /** Names the oscillator: readings of two timescales of one boot can be converted into each other. */
  readonly bootId: string;
  /** CLOCK_MONOTONIC_RAW at local 0, seconds. */
  readonly originSeconds: number;
  /** All clocks at the last `sample()`; see clock-sample.ts for the words. */
  readonly row: Float64Array = clockSampleRow();
  private readonly rawSeconds: number;
  private readonly rawNs: number;

  constructor(fault: ClockFault = NO_FAULT) {
    sampleClocks(this.row);
    this.rawSeconds = this.row[SAMPLE_RAW] as number;
    this.rawNs = this.row[SAMPLE_RAW + 1] as number;
    this.originSeconds = this.rawSeconds + this.rawNs / 1e9;
    this.rate = 1 + fault.frequency;
    const epoch = { seconds: 0, fraction: 0 };
    const unixSeconds = this.row[SAMPLE_REAL] as number;
    addSeconds(unixSeconds + UNIX_EPOCH_NTP_SECONDS, 0, (this.row[SAMPLE_REAL + 1] as number) / 1e9, epoch);
    addSeconds(epoch.seconds, epoch.fraction, fault.offsetSeconds, epoch);
    this.epoch = epoch;
    this.bootId = readBootId();
  }

  /** Reads all clocks; the local time is that of the reading. */
  sample(): LocalSeconds {
    sampleClocks(this.row);
    return this.sampled;
  }

  /** The local time of the last reading. */
  get sampled(): LocalSeconds {
    return this.localAt(this.row[SAMPLE_RAW] as number, this.row[SAMPLE_RAW + 1] as number);
  }

  /** The local time at a reading of CLOCK_MONOTONIC_RAW. */
  localAt(rawSeconds: number, rawNs: number): LocalSeconds {
    return this.rate * (rawSeconds - this.rawSeconds + (rawNs - this.rawNs) / 1e9);
  }

  /** How far CLOCK_REALTIME was from epoch + local time at the last reading; positive: it was ahead. */
  systemOffset(): number {
    const { row, epoch } = this;
    const seconds = ((row[SAMPLE_REAL] as number) + UNIX_EPOCH_NTP_SECONDS - epoch.seconds) | 0;
    const rest = (row[SAMPLE_REAL + 1] as number) / 1e9 - epoch.fraction / 2 ** 32;
    return seconds + rest - this.sampled;
  }

  /** CLOCK_REALTIME − CLOCK_MONOTONIC at the last reading, as whole seconds and the nanoseconds left over. */
  mapping(): { seconds: number; ns: number } {
    return this.between(SAMPLE_REAL, SAMPLE_MONO);
  }

  /** CLOCK_BOOTTIME − CLOCK_MONOTONIC at the last reading: seconds spent suspended. */
  suspendedSeconds(): number {
    const { seconds, ns } = this.between(SAMPLE_BOOT, SAMPLE_MONO);
    return seconds + ns / 1e9;
  }

  private between(a: number, b: number): { seconds: number; ns: number } {
    const { row } = this;
    return {
      seconds: (row[a] as number) - (row[b] as number),
      ns: (row[a + 1] as number) - (row[b + 1] as number),
    };
  }
}

function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return ''; // no timescale is like an unnamed one
  }
}
