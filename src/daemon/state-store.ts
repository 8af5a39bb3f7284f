import { readFileSync } from 'node:fs';
import * as z from 'zod';
import type { SavedHistory } from '../core/saved-history.ts';
import { replaceFile } from './atomic-file.ts';
import { type Drift, formatDrift, parseDrift } from './drift-file.ts';
import type { Logger } from './logger.ts';

/** Seconds are numbers that must be finite; JSON has no others. */
const sample = z.tuple([z.number(), z.number(), z.number(), z.number(), z.number(), z.number()]);
const history: z.ZodType<SavedHistory> = z.object({
  version: z.literal(1),
  timescaleId: z.string(),
  timescaleOriginSeconds: z.number(),
  epoch: z.object({ seconds: z.number(), fraction: z.number() }),
  sources: z
    .array(
      z.object({
        address: z.string(),
        port: z.number(),
        requestedPollLog2Min: z.number().nullable(),
        burstWallSeconds: z.number().nullable(),
        samples: z.array(sample).max(1024),
      }),
    )
    .max(1024),
});

/**
 * What is kept over a restart: the drift file, and beside it what is known of the sources (their samples, and when
 * each was last asked in a burst, so that a daemon that restarts in a loop stays polite). A file that cannot be
 * read or written is a line in the log and nothing worse.
 */
export class StateStore {
  private readonly driftFile: string | null;
  private readonly log: Logger;
  private readonly complained: Set<string> = new Set();

  constructor(driftFile: string | null, log: Logger) {
    this.driftFile = driftFile;
    this.log = log;
  }

  readDrift(): Drift | null {
    return this.driftFile === null ? null : this.read(this.driftFile, parseDrift);
  }

  readHistory(): SavedHistory | null {
    if (this.driftFile === null) return null;
    return this.read(historyFile(this.driftFile), (text) => {
      const result = history.safeParse(JSON.parse(text));
      if (!result.success) throw new RangeError('it is not a history of this version');
      return result.data;
    });
  }

  writeDrift(drift: Drift): void {
    if (this.driftFile !== null) this.write(this.driftFile, formatDrift(drift));
  }

  writeHistory(saved: SavedHistory): void {
    if (this.driftFile !== null) this.write(historyFile(this.driftFile), `${JSON.stringify(saved)}\n`);
  }

  private read<T>(path: string, parse: (text: string) => T): T | null {
    try {
      return parse(readFileSync(path, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.log.warn(`${path} is not used: ${(error as Error).message}`);
      }
      return null;
    }
  }

  /** Complains once until it works again. */
  private write(path: string, text: string): void {
    try {
      replaceFile(path, text);
      this.complained.delete(path);
    } catch (error) {
      if (!this.complained.has(path)) this.log.warn(`${path} cannot be written: ${(error as Error).message}`);
      this.complained.add(path);
    }
  }
}

function historyFile(driftFile: string): string {
  return `${driftFile}.sources.json`;
}
