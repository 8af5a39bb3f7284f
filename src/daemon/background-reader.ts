import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { OperatorError } from '../errors.ts';
import { giveWay, threads } from './give-way.ts';
import type { Reading } from './reading.ts';
import type { ReadingResult } from './reading-task.ts';
import type { ServeFlags } from './settings.ts';

const ENTRIES = fileURLToPath(new URL('./thread-entries.cjs', import.meta.url));

/**
 * Reads the configuration on a thread of its own, which gives way to those that serve: to parse and compile long lists
 * takes longer than their queues hold, and would keep the coordinator from the clock.
 *
 * The thread is there before it is needed, and stays: to begin it and to load its modules is more work than to read ten
 * thousand prefixes. Its entry is a file of the built output: this runs from there.
 */
export class BackgroundReader {
  private readonly flags: ServeFlags;
  private piscina: Piscina<ServeFlags, ReadingResult> | null = null;

  constructor(flags: ServeFlags) {
    this.flags = flags;
  }

  /** Begins the thread. */
  start(): void {
    const before = new Set(threads());
    this.piscina = new Piscina({ filename: ENTRIES, name: 'read', minThreads: 1, maxThreads: 1, recordTiming: false });
    // A thread that dies with a task fails that, which is where it is dealt with.
    this.piscina.on('error', () => {});
    giveWay(threads().filter((thread) => !before.has(thread)));
  }

  /** @throws OperatorError for flags or files that are wrong, and when there is no thread or it is lost meanwhile. */
  async read(): Promise<Reading> {
    let result: ReadingResult | undefined;
    try {
      result = await this.piscina?.run(this.flags);
    } catch (cause) {
      throw new OperatorError('control-refused', `it was not read to its end: ${(cause as Error).message}`, { cause });
    }
    if (result === undefined) throw new OperatorError('control-refused', 'it cannot be read before the start is over');
    if ('refused' in result) throw new OperatorError(...result.refused);
    return result.reading;
  }

  async close(): Promise<void> {
    await this.piscina?.destroy();
  }
}
