import type { LeapEntry } from '../coordinator-options.ts';

/** SHA-1 of octets. */
export type Sha1 = (octets: Uint8Array) => Uint8Array;

/** A leap-seconds.list as IERS and NIST publish it. */
export interface LeapFile {
  readonly entries: readonly LeapEntry[];
  /** NTP seconds; after it nothing is known. */
  readonly expirySeconds: number;
}

/** Why a leap-seconds.list cannot be used. */
export class LeapFileError extends Error {
  override readonly name = 'LeapFileError';
}

/**
 * Reads a leap-seconds.list (its own comments say how, as IERS and NIST publish it) and checks its hash: SHA-1 over the
 * digits of the update time, the expiry and all entries, in file order.
 *
 * @throws LeapFileError naming the line or what is missing; never quoting it, as it may be any file that was named by
 *   mistake, one of keys too.
 */
export function parseLeapFile(text: string, sha1: Sha1): LeapFile {
  const entries: LeapEntry[] = [];
  let updated: string | null = null;
  let expiry: string | null = null;
  let hash: string | null = null;
  let digits = '';
  for (const [index, line] of text.split('\n').entries()) {
    const special = /^#([$@h])\s*(.*?)\s*$/.exec(line);
    if (special !== null) {
      const [, kind, value = ''] = special;
      if (kind === 'h') hash = value;
      else if (!/^\d+$/.test(value)) throw new LeapFileError(`line ${index + 1}: expected a number of seconds`);
      else if (kind === '$') updated = value;
      else expiry = value;
      continue;
    }
    const data = line.replace(/#.*/, '').trim();
    if (data === '') continue;
    const entry = /^(\d+)\s+(\d+)$/.exec(data);
    if (entry === null) throw new LeapFileError(`line ${index + 1} is not an entry`);
    const [, at = '', offset = ''] = entry;
    const last = entries.at(-1);
    if (last !== undefined && Number(at) <= last.atSeconds) {
      throw new LeapFileError(`line ${index + 1}: entries are not in order of time`);
    }
    if (last !== undefined && Math.abs(Number(offset) - last.taiMinusUtc) !== 1) {
      throw new LeapFileError(`line ${index + 1}: TAI − UTC changes by more than a second`);
    }
    entries.push({ atSeconds: Number(at), taiMinusUtc: Number(offset) });
    digits += at + offset;
  }
  if (updated === null || expiry === null) throw new LeapFileError('it lacks the time of its update or its expiry');
  if (entries.length === 0) throw new LeapFileError('it has no entries');
  checkHash(hash, sha1(new TextEncoder().encode(updated + expiry + digits)));
  return { entries, expirySeconds: Number(expiry) };
}

/** The words may lack leading zeros, so numbers are compared. */
function checkHash(hash: string | null, digest: Uint8Array): void {
  const words = hash?.split(/\s+/) ?? [];
  if (words.length !== 5) throw new LeapFileError('it lacks its hash');
  const view = new DataView(digest.buffer, digest.byteOffset, digest.length);
  for (const [index, word] of words.entries()) {
    if (!/^[0-9a-f]{1,8}$/i.test(word) || Number.parseInt(word, 16) !== view.getUint32(4 * index)) {
      throw new LeapFileError('its hash does not fit its contents');
    }
  }
}
