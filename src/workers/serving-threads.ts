import { setMaxListeners } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { RehearsalTask } from './rehearsal.ts';
import type { ServeTask } from './serve-loop.ts';

/** V8 limits of a thread. */
export interface ServeResourceLimits {
  readonly maxOldGenerationSizeMb?: number;
  readonly maxYoungGenerationSizeMb?: number;
}

const ENTRIES = fileURLToPath(new URL('./thread-entries.cjs', import.meta.url));
/** When the spare is prepared after a start or a loss: those who serve need the cores then. */
const SPARE_AFTER_MS = 1000;

/**
 * The threads that serve: piscina with one never-ending task for each, and one thread more that has rehearsed what they
 * do and waits. What is begun when a thread was lost runs there at once; a new thread would first load the program and
 * compile it, for longer than the queue of the lost one holds (bench/load/crash.ts).
 *
 * The entries are files of the built output: this runs from there.
 */
export class ServingThreads {
  private readonly piscina: Piscina<ServeTask | RehearsalTask, void>;
  private readonly rehearsal: () => RehearsalTask;
  private readonly abort: AbortController = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private prepared = 0;
  private spare = false;
  private retired = false;

  /** @param rehearsal - what a spare is to rehearse, asked for when it does. */
  constructor(workers: number, limits: ServeResourceLimits | undefined, rehearsal: () => RehearsalTask) {
    this.rehearsal = rehearsal;
    this.piscina = new Piscina({
      filename: ENTRIES,
      name: 'serve',
      minThreads: workers,
      maxThreads: workers + 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      concurrentTasksPerWorker: 1,
      recordTiming: false,
      ...(limits ? { resourceLimits: limits } : {}),
    });
    // Each worker's task listens to the one signal; Node takes more than ten for a leak.
    setMaxListeners(0, this.abort.signal);
    // A thread that dies outside a task: its task is rejected too, which is where it is dealt with.
    this.piscina.on('error', () => {});
    // Whichever thread went: one that served, whose place the spare takes, or the spare.
    this.piscina.on('workerDestroy', () => this.prepareSpare());
    this.prepareSpare();
  }

  /** Whether a thread waits that has rehearsed. */
  get hasSpare(): boolean {
    return this.spare;
  }

  /** Serves until told to stop. Rejects when the thread is lost. */
  async serve(task: ServeTask): Promise<void> {
    const transferList: MessagePort[] = [task.policies];
    await this.piscina.run(task, { signal: this.abort.signal, transferList });
  }

  /** Ends a thread, as a crash would. */
  async terminate(threadId: number): Promise<void> {
    await this.piscina.threads.find((thread) => thread.threadId === threadId)?.terminate();
  }

  /** Prepares no spare any more. */
  retire(): void {
    this.retired = true;
    clearTimeout(this.timer);
  }

  /** Ids of all threads, those that serve and those that do not. */
  get ids(): number[] {
    return this.piscina.threads.map(({ threadId }) => threadId);
  }

  /** Ends the threads in the middle of what they do. */
  abandon(): void {
    this.abort.abort();
  }

  async close(): Promise<void> {
    this.retire();
    await this.piscina.destroy();
  }

  private prepareSpare(): void {
    this.spare = false;
    const turn = ++this.prepared;
    clearTimeout(this.timer);
    if (this.retired) return;
    this.timer = setTimeout(() => void this.rehearse(turn), SPARE_AFTER_MS);
  }

  /** On the thread that is free; where there is none, one is begun for it. */
  private async rehearse(turn: number): Promise<void> {
    try {
      await this.piscina.run(this.rehearsal(), { name: 'rehearse' });
      this.spare = turn === this.prepared;
    } catch {
      // Without a spare a lost worker is replaced all the same, only later.
    }
  }
}
