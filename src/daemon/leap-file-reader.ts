import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type LeapFile, parseLeapFile } from '../core/discipline/leap-file.ts';
import { OperatorError } from '../errors.ts';
import type { Logger } from './logger.ts';

/** Reads the leap-seconds.list; one that cannot be used is a line in the log, and the sources are believed instead. */
export function readLeapFile(path: string | null, log: Logger): LeapFile | null {
  try {
    return loadLeapFile(path);
  } catch (error) {
    log.warn(`${(error as Error).message}: it is not used`);
    return null;
  }
}

/** Reads the leap-seconds.list. @throws OperatorError for one that cannot be used, with the reason. */
export function loadLeapFile(path: string | null): LeapFile | null {
  if (path === null) return null;
  try {
    return parseLeapFile(readFileSync(path, 'utf8'), (octets) => createHash('sha1').update(octets).digest());
  } catch (cause) {
    throw new OperatorError('config-bad-value', `leap-file ${path}: ${(cause as Error).message}`, { cause });
  }
}
