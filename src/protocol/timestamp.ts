/**
 * NTP time formats (RFC 5905 §6). An absolute time is a pair of unsigned 32-bit words (seconds, fraction),
 * never one double; a difference is a plain number of seconds.
 */

/** Seconds from the NTP epoch (1900) to the Unix epoch (1970). */
export const UNIX_EPOCH_NTP_SECONDS = 2_208_988_800;

const FRACTION_PER_SECOND = 2 ** 32;

/** An absolute NTP time; both words unsigned 32-bit. Mutable so that hot code can reuse one. */
export interface Timestamp {
  seconds: number;
  fraction: number;
}

/**
 * a − b in seconds, read in the nearest era: right while the true difference is below 68 years (§6).
 *
 * Words may be given signed or unsigned. Resolution is that of a double near the result.
 */
export function differenceSeconds(aSeconds: number, aFraction: number, bSeconds: number, bFraction: number): number {
  const seconds = (aSeconds - bSeconds) | 0;
  return seconds + ((aFraction >>> 0) - (bFraction >>> 0)) / FRACTION_PER_SECOND;
}

/** Adds a difference in seconds (any sign, |delta| < 2^31) to a time and stores the sum in `out`; wraps at eras. */
export function addSeconds(seconds: number, fraction: number, deltaSeconds: number, out: Timestamp): void {
  const whole = Math.floor(deltaSeconds);
  const sum = (fraction >>> 0) + Math.round((deltaSeconds - whole) * FRACTION_PER_SECOND);
  const carry = Math.floor(sum / FRACTION_PER_SECOND);
  out.seconds = (seconds + whole + carry) >>> 0;
  out.fraction = (sum - carry * FRACTION_PER_SECOND) >>> 0;
}

/** Seconds as the 16.16 short format (§6), rounded up so that error bounds are never understated; saturates. */
export function encodeShortRoundedUp(seconds: number): number {
  if (!(seconds > 0)) return 0;
  return Math.min(0xffff_ffff, Math.ceil(seconds * 65_536));
}

/** The 16.16 short format as seconds. */
export function decodeShort(word: number): number {
  return (word >>> 0) / 65_536;
}
