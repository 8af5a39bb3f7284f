import type { ServerCounters } from '../workers/counters.ts';

/** Counters that tell of trouble, and what an operator can do about it. */
const TROUBLE = {
  kernelDrops: 'the kernel dropped requests for want of queue space: more than the workers can answer',
  shed: 'overload: the kernel kept out requests of clients not in good standing, for which there was no room',
  sendNoBuffer: 'replies were lost for want of buffers',
  sendWouldBlock: 'replies were lost to a full send queue',
  receiveErrors: 'reading a socket failed',
  pageFailures: 'workers could not read the time page and kept their copy',
} as const;

export interface TroubleReport {
  readonly counter: keyof typeof TROUBLE;
  readonly count: number;
  readonly message: string;
}

/**
 * Turns counters into log lines: what grew since the last call, one line per counter. The caller's interval is the
 * rate limit, so that no traffic can fill the log.
 */
export class CounterReporter {
  private readonly seen: Partial<Record<keyof ServerCounters, number>> = {};

  report(counters: ServerCounters): TroubleReport[] {
    const reports: TroubleReport[] = [];
    for (const counter of Object.keys(TROUBLE) as TroubleReport['counter'][]) {
      const count = counters[counter] - (this.seen[counter] ?? 0);
      this.seen[counter] = counters[counter];
      if (count > 0) reports.push({ counter, count, message: TROUBLE[counter] });
    }
    return reports;
  }
}
