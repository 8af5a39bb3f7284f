import type { LocalSeconds } from '../ports.ts';

/**
 * One accepted measurement of a source against the local timescale. For a server it comes from the four stamps
 * (RFC 5905 §8); for a reference clock `upSeconds` is −`downSeconds` and the delay 0.
 */
export interface Sample {
  /** When the measurement was taken: local time halfway between T1 and T4. */
  atLocal: LocalSeconds;
  /** T2 − T1: source time less (epoch + local time); true offset + one-way delay towards the source. */
  upSeconds: number;
  /** T4 − T3: true one-way delay back − true offset. Offset = (up − down) / 2, delay = up + down. */
  downSeconds: number;
  /** Error of reading the two clocks: precisions of both sides and stamp noise, seconds (one bound, not σ). */
  precisionSeconds: number;
  /** T4 − T1, for PHI growth of the bound. */
  durationSeconds: number;
}
