import { addSeconds, differenceSeconds } from '../../protocol/timestamp.ts';
import type { Sample } from '../estimation/sample.ts';
import type { LocalEpoch, LocalSeconds } from '../ports.ts';
import { PHI } from '../system-variables.ts';
import type { WireStamp } from './exchange.ts';

/** Four stamps of one exchange: two on the local timescale, two on the wire. */
export interface FourStamps {
  readonly transmitLocal: LocalSeconds;
  readonly rec: WireStamp;
  readonly xmt: WireStamp;
  readonly receiveLocal: LocalSeconds;
}

const wire = { seconds: 0, fraction: 0 };

/** NTP time less (epoch + local time), in seconds; the epoch may be off by decades, not by more than 68 years. */
export function againstLocal(stamp: WireStamp, epoch: LocalEpoch, local: LocalSeconds): number {
  // The sum first, in words: the difference is then as fine as the stamps, however long we have been running.
  addSeconds(epoch.seconds, epoch.fraction, local, wire);
  return differenceSeconds(stamp.seconds, stamp.fraction, wire.seconds, wire.fraction);
}

/**
 * A sample from an exchange (RFC 5905 §8).
 *
 * @param leapShiftSeconds - what leap seconds have added to NTP time since the start; taken out, so that samples
 *   from before and after a leap second are on one line.
 * @param precisionSeconds - of both clocks together.
 * @returns null when the stamps cannot be true: the round trip is negative beyond what the clocks can misread.
 */
export function measure(
  stamps: FourStamps,
  epoch: LocalEpoch,
  leapShiftSeconds: number,
  precisionSeconds: number,
): Sample | null {
  const durationSeconds = stamps.receiveLocal - stamps.transmitLocal;
  const upSeconds = againstLocal(stamps.rec, epoch, stamps.transmitLocal) - leapShiftSeconds;
  const downSeconds = leapShiftSeconds - againstLocal(stamps.xmt, epoch, stamps.receiveLocal);
  if (durationSeconds < 0 || upSeconds + downSeconds < -2 * precisionSeconds - PHI * durationSeconds) return null;
  return {
    atLocal: stamps.transmitLocal + durationSeconds / 2,
    upSeconds,
    downSeconds,
    precisionSeconds,
    durationSeconds,
  };
}
