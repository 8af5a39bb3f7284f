import { readdirSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { OperatorError } from '../errors.ts';
import type { Reading } from './reading.ts';
import type { ReadingResult } from './reading-task.ts';
import type { ServeFlags } from './settings.ts';

const TASK = fileURLToPath(new URL('./reading-task.js', import.meta.url));
/** A thread that is not asked again for so long ends. */
const IDLE_MS = 60_000;
/** So much nicer than the threads that serve: where they meet on a core, it gets a tenth of what one of them gets. */
const NICER = 10;
const NICE_MAX = 19;

/**
 * Reads the configuration on a thread of its own, which gives way to those that serve: to parse and compile long lists
 * takes longer than their queues hold, and would keep the coordinator from the clock.
 *
 * The thread's entry is a file of the built output: this runs from there.
 */
export class BackgroundReader {
  private readonly flags: ServeFlags;
  private readonly piscina: Piscina<ServeFlags, ReadingResult>;

  constructor(flags: ServeFlags) {
    this.flags = flags;
    this.piscina = new Piscina({
      filename: TASK,
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: IDLE_MS,
      recordTiming: false,
    });
    // A thread that dies with a task fails that, which is where it is dealt with.
    this.piscina.on('error', () => {});
  }

  /** @throws OperatorError for flags or files that are wrong, when the thread is lost, and when it is closed meanwhile. */
  async read(): Promise<Reading> {
    let result: ReadingResult;
    try {
      result = await this.run();
    } catch (cause) {
      throw new OperatorError('control-refused', `it was not read to its end: ${(cause as Error).message}`, { cause });
    }
    if ('refused' in result) throw new OperatorError(...result.refused);
    return result.reading;
  }

  async close(): Promise<void> {
    await this.piscina.destroy();
  }

  private run(): Promise<ReadingResult> {
    const before = new Set(threads());
    const result = this.piscina.run(this.flags);
    // A thread that begins here gives way from its first moment on: to load its modules is half of its work.
    const nice = Math.min(getPriority() + NICER, NICE_MAX);
    for (const thread of threads()) if (!before.has(thread)) setPriority(thread, nice);
    return result;
  }
}

/** The threads of this process as the kernel numbers them, for which they are processes; none where /proc is hidden. */
function threads(): number[] {
  try {
    return readdirSync('/proc/self/task').map(Number);
  } catch {
    return [];
  }
}
