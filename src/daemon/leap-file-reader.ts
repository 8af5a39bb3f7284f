import { createHash } from 'node:crypto';
import { whyUnreadable } from '../config/unreadable.ts';
import { type LeapFile, LeapFileError, parseLeapFile } from '../core/discipline/leap-file.ts';
import { OperatorError } from '../errors.ts';
import { UNIX_EPOCH_NTP_SECONDS } from '../protocol/timestamp.ts';
import type { Logger } from './logger.ts';
import { readRegularFile } from './regular-file.ts';

/** Reads the leap-seconds.list; one that cannot be used is a line in the log, and the sources are believed instead. */
export function readLeapFile(path: string | null, log: Logger): LeapFile | null {
  try {
    return loadLeapFile(path);
  } catch (error) {
    log.warn(`${(error as Error).message}: it is not used`);
    return null;
  }
}

/** What an operator should know about a list that can be read. @param nowMs - Unix time, milliseconds. */
export function leapFileDoubts(list: LeapFile | null, nowMs: number): string[] {
  if (list === null) return [];
  const expiresMs = (list.expirySeconds - UNIX_EPOCH_NTP_SECONDS) * 1000;
  if (nowMs < expiresMs) return [];
  const day = new Date(expiresMs).toISOString().slice(0, 10);
  return [`leap-file has expired on ${day}: what sources announce is believed instead`];
}

/** Reads the leap-seconds.list. @throws OperatorError for one that cannot be used, with the reason. */
export function loadLeapFile(path: string | null): LeapFile | null {
  if (path === null) return null;
  try {
    return parseLeapFile(readRegularFile(path), (octets) => createHash('sha1').update(octets).digest());
  } catch (cause) {
    const reason =
      cause instanceof LeapFileError
        ? `${cause.message}; fetch it anew from IERS, or take that of tzdata`
        : `cannot be read: ${whyUnreadable(cause)}; see leap-file in the configuration`;
    throw new OperatorError('config-bad-value', `leap-file ${path}: ${reason}`, { cause });
  }
}
