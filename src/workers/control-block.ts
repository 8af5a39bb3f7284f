/** Words that the coordinator and its workers share beside the time page: all Int32, all through Atomics. */
export const CONTROL_STOP = 0;
/** Number of the policy in force; a worker that sees it change takes the new one between two batches. */
export const CONTROL_POLICY = 1;
/**
 * First of two words per worker: the id of the thread that serves this index, THREAD_NONE or THREAD_STARTING; and the
 * policy that it works by, or will.
 */
export const CONTROL_THREADS = 16;
export const THREAD_NONE = 0;
export const THREAD_STARTING = -1;
const WORDS_PER_WORKER = 2;

export function allocateControl(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer((CONTROL_THREADS + WORDS_PER_WORKER * workers) * Int32Array.BYTES_PER_ELEMENT);
}

/** The word with the thread that serves an index. */
export function threadWord(worker: number): number {
  return CONTROL_THREADS + WORDS_PER_WORKER * worker;
}

/** The word with the number of the policy that this worker works by. */
export function policyWord(worker: number): number {
  return CONTROL_THREADS + WORDS_PER_WORKER * worker + 1;
}
