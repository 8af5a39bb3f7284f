import { readFileSync } from 'node:fs';
import * as z from 'zod';
import type { Config } from '../config/schema.ts';
import { absoluteOfWire } from '../core/discipline/calendar.ts';
import { LeapSeconds } from '../core/discipline/leap.ts';
import type { LeapFile } from '../core/discipline/leap-file.ts';
import { SMEAR_LATE, SMEAR_ON_TIME, SMEAR_UNKNOWN } from '../core/server/smear.ts';
import type { SmearMemory, SmearRecord } from '../core/server/smear-keeper.ts';
import { replaceFile } from './atomic-file.ts';
import type { Logger } from './logger.ts';

const saved = z.object({
  version: z.literal(1),
  /** The UTC midnight, NTP seconds. */
  eventSeconds: z.number(),
  sign: z.number().int().min(-1).max(1),
  lateness: z.union([z.literal(SMEAR_ON_TIME), z.literal(SMEAR_LATE), z.literal(SMEAR_UNKNOWN)]),
});

/**
 * What is known of leap seconds beyond this process: the leap-seconds.list, and beside the drift file what was served
 * about the last day that could have had one, so that a restart within a smear goes on where it stood. A file that
 * cannot be read or written is a line in the log and nothing worse.
 */
export class LeapMemory implements SmearMemory {
  table: LeapFile | null;
  private file: string | null;
  private readonly log: Logger;

  constructor(config: Config, table: LeapFile | null, log: Logger) {
    this.log = log;
    this.table = table;
    this.file = stateFile(config);
  }

  /** Goes over to another configuration and list. */
  use(config: Config, table: LeapFile | null): void {
    this.table = table;
    this.file = stateFile(config);
  }

  recall(eventSeconds: number): SmearRecord | null {
    const record = this.read();
    if (record !== null && record.eventSeconds === eventSeconds) {
      const { sign, lateness } = record;
      const listed = this.listed(eventSeconds);
      // Served as if there were none, and there was one: the smear did not begin.
      return sign === 0 && listed !== null && listed !== 0
        ? { sign: listed, lateness: SMEAR_LATE }
        : { sign, lateness };
    }
    const sign = this.listed(eventSeconds);
    return sign === null ? null : { sign, lateness: SMEAR_ON_TIME };
  }

  remember(eventSeconds: number, { sign, lateness }: SmearRecord): void {
    if (this.file === null) return;
    try {
      replaceFile(this.file, `${JSON.stringify({ version: 1, eventSeconds, sign, lateness })}\n`);
    } catch (error) {
      this.log.warn(`${this.file} cannot be written: ${(error as Error).message}`);
    }
  }

  /** What the list says about a midnight; null without one that reaches so far. */
  private listed(eventSeconds: number): number | null {
    const before = absoluteOfWire(eventSeconds) - 1;
    const leaps = new LeapSeconds(this.table);
    if (!leaps.isTableValid(before)) return null;
    leaps.consider(before, null);
    return leaps.event?.sign ?? 0;
  }

  private read(): (SmearRecord & { readonly eventSeconds: number }) | null {
    if (this.file === null) return null;
    try {
      const { eventSeconds, sign, lateness } = saved.parse(JSON.parse(readFileSync(this.file, 'utf8')));
      return { eventSeconds, sign, lateness };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.log.warn(`${this.file} is not used: it is no record of leap seconds of this version`);
      }
      return null;
    }
  }
}

/** Where the drift is saved, if anywhere. */
export function driftFile(config: Config): string | null {
  const folder = process.env['STATE_DIRECTORY']?.split(':')[0];
  return config.synchronization.driftFile ?? (folder ? `${folder}/drift` : null);
}

function stateFile(config: Config): string | null {
  const drift = driftFile(config);
  return drift === null ? null : `${drift}.leap.json`;
}
