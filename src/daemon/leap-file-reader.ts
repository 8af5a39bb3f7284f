import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type LeapFile, parseLeapFile } from '../core/discipline/leap-file.ts';
import type { Logger } from './logger.ts';

/** Reads the leap-seconds.list; one that cannot be used is a line in the log, and the sources are believed instead. */
export function readLeapFile(path: string | null, log: Logger): LeapFile | null {
  if (path === null) return null;
  try {
    return parseLeapFile(readFileSync(path, 'utf8'), (octets) => createHash('sha1').update(octets).digest());
  } catch (error) {
    log.warn(`leap-file ${path} is not used: ${(error as Error).message}`);
    return null;
  }
}
