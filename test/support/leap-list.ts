import { createHash } from 'node:crypto';

/** NTP seconds of 1970. */
const UNIX_EPOCH = 2_208_988_800;
const YEAR_SECONDS = 366 * 86_400;

/** The next end of December that is at least a day away, NTP seconds. */
export function nextYearEnd(nowMs: number): number {
  const year = new Date(nowMs + 86_400_000).getUTCFullYear();
  return Date.UTC(year + 1, 0, 1) / 1000 + UNIX_EPOCH;
}

/** How far a clock has to be ahead of this machine's to read `seconds` before (NTP) an instant now. */
export function aheadToBefore(atSeconds: number, seconds: number, nowMs: number): number {
  return atSeconds - UNIX_EPOCH - seconds - nowMs / 1000;
}

/** A leap-seconds.list with a leap second of this sign at an instant, and nothing else. */
export function leapList(atSeconds: number, sign: number): string {
  const updated = String(atSeconds - YEAR_SECONDS);
  const expiry = String(atSeconds + YEAR_SECONDS);
  const entries = [`2272060800 37`, `${atSeconds} ${37 + sign}`];
  const digits = updated + expiry + entries.join('').replaceAll(' ', '');
  const words = createHash('sha1').update(digits).digest('hex').match(/.{8}/g) as string[];
  return [`#$ ${updated}`, `#@ ${expiry}`, ...entries, `#h ${words.join(' ')}`, ''].join('\n');
}
