/**
 * Work that must not run twice at once. Who asks while it runs waits for the next run, and all who wait share that one:
 * it begins after each of them has asked.
 */
export class OneAtATime<T> {
  private readonly work: () => Promise<T>;
  private running: Promise<unknown> = Promise.resolve();
  private waiting: Promise<T> | null = null;

  constructor(work: () => Promise<T>) {
    this.work = work;
  }

  /** Resolves or rejects as the run does that begins after this call. */
  run(): Promise<T> {
    this.waiting ??= this.running.then(() => {
      this.waiting = null;
      const result = this.work();
      this.running = result.catch(() => {});
      return result;
    });
    return this.waiting;
  }
}
