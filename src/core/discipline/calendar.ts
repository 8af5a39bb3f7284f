import type { LocalEpoch, LocalSeconds } from '../ports.ts';

const ERA_SECONDS = 2 ** 32;
/** 2020-01-01 in NTP seconds: what seems earlier is of the era that begins in 2036. */
const PIVOT_NTP_SECONDS = 3_786_825_600;
export const DAY_SECONDS = 86_400;

/** NTP seconds counted on over the eras, so that they can be compared and divided into days. */
export type AbsoluteSeconds = number;

/** Absolute seconds of epoch + local time + offset; good to a microsecond. */
export function absoluteSeconds(epoch: LocalEpoch, atLocal: LocalSeconds, offsetSeconds: number): AbsoluteSeconds {
  const era = epoch.seconds < PIVOT_NTP_SECONDS ? ERA_SECONDS : 0;
  return era + epoch.seconds + epoch.fraction / ERA_SECONDS + atLocal + offsetSeconds;
}

/** Absolute seconds of NTP seconds as 32 bits carry them, signed or not. */
export function absoluteOfWire(seconds: number): AbsoluteSeconds {
  const unsigned = seconds >>> 0;
  return unsigned < PIVOT_NTP_SECONDS ? unsigned + ERA_SECONDS : unsigned;
}

/** NTP seconds as 32 bits carry them. */
export function wireSeconds(absolute: AbsoluteSeconds): number {
  return Math.floor(absolute) % ERA_SECONDS;
}

/** The UTC midnight that ends the day of an instant. */
export function endOfDay(absolute: AbsoluteSeconds): AbsoluteSeconds {
  return (Math.floor(absolute / DAY_SECONDS) + 1) * DAY_SECONDS;
}

/** Whether an instant is on the last UTC day of June or December, the only ones that leap seconds are put at. */
export function isLeapDay(absolute: AbsoluteSeconds): boolean {
  const { month, day } = civilDate(endOfDay(absolute) / DAY_SECONDS);
  return day === 1 && (month === 1 || month === 7);
}

/** Month and day of a day number counted from 1900-01-01. */
function civilDate(days: number): { month: number; day: number } {
  // Counted from 1600-03-01: every 400 years are alike, and the odd day is at a year's end.
  const shifted = days + 109_513;
  const ofEra = shifted % 146_097;
  const year = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const marchMonth = Math.floor((5 * ofYear + 2) / 153);
  const day = ofYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  return { month: marchMonth < 10 ? marchMonth + 3 : marchMonth - 9, day };
}
