/** Words that the coordinator and its workers share beside the time page: all Int32, all through Atomics. */
export const CONTROL_STOP = 0;
/** First of one word per worker: the id of the thread that serves this index, 0 before and after. */
export const CONTROL_THREADS = 16;

export function allocateControl(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer((CONTROL_THREADS + workers) * Int32Array.BYTES_PER_ELEMENT);
}
