import { closeSync, fstatSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import type { MeasurementOutput, StatisticsOutput, TrackingOutput } from '../core/coordinator-output.ts';
import type { Logger } from './logger.ts';

export type RecordOutput = MeasurementOutput | StatisticsOutput | TrackingOutput;

export type RecordLogPaths = Readonly<Record<RecordOutput['kind'], string | null>>;

/**
 * The measurement, statistics and tracking logs: one JSON object per line, the time first. A log that cannot be
 * written is reported once and tried again after `reopen` (log rotation).
 */
export class RecordLogs {
  private readonly paths: RecordLogPaths;
  private readonly log: Logger;
  private readonly open: Map<RecordOutput['kind'], number> = new Map();
  private readonly failed: Set<RecordOutput['kind']> = new Set();

  constructor(paths: RecordLogPaths, log: Logger) {
    this.paths = paths;
    this.log = log;
  }

  /** Appends a record; `time` is when, ISO 8601. */
  write(output: RecordOutput, time: string): void {
    const path = this.paths[output.kind];
    if (path === null || this.failed.has(output.kind)) return;
    const { kind, atLocal: _, ...fields } = output;
    try {
      const fd = this.open.get(kind) ?? openLog(path);
      this.open.set(kind, fd);
      writeFileSync(fd, `${JSON.stringify({ time, ...fields })}\n`);
    } catch (error) {
      this.failed.add(kind);
      this.log.warn(`${path} cannot be written: ${(error as Error).message}`);
    }
  }

  /** Closes all files; the next record opens its file again, by name. */
  reopen(): void {
    for (const fd of this.open.values()) closeSync(fd);
    this.open.clear();
    this.failed.clear();
  }
}

/** Opens a log to append to. A line of which a full disk took only a part is ended first. */
function openLog(path: string): number {
  const fd = openSync(path, 'a+', 0o644);
  const last = Buffer.from('\n');
  const { size } = fstatSync(fd);
  if (size > 0) readSync(fd, last, 0, 1, size - 1);
  if (last.toString() !== '\n') writeSync(fd, '\n');
  return fd;
}
