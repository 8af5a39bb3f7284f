import { threadId } from 'node:worker_threads';
import { BatchResponder } from '../core/server/batch-responder.ts';
import type { ListenerPolicy } from '../core/server/listener-policy.ts';
import { type BorrowedSocket, PacketPath } from '../native/packet-path.ts';
import { setThreadAffinity, setThreadPriority } from '../native/thread-tuning.ts';
import { CONTROL_STOP, CONTROL_THREADS } from './control-block.ts';
import { counterRow } from './counters.ts';

/** One worker's task: everything it needs, as plain data and shared memory. */
export interface ServeTask {
  readonly workerIndex: number;
  readonly workerBits: number;
  readonly sockets: readonly BorrowedSocket[];
  readonly wakeFd: number;
  readonly page: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  readonly policies: readonly ListenerPolicy[];
  readonly chosenIds: boolean;
  readonly correctTransmit: boolean;
  readonly cpu: number | null;
  readonly priority: number | null;
}

/** The worker's entry: serves until told to stop. Blocks its thread; throws only what is our own fault. */
export default function serve(task: ServeTask): void {
  if (task.cpu !== null) setThreadAffinity(task.cpu);
  if (task.priority !== null) setThreadPriority(task.priority);
  const control = new Int32Array(task.control);
  const row = counterRow(task.counters, task.workerIndex);
  const path = new PacketPath({
    sockets: task.sockets,
    wakeFd: task.wakeFd,
    page: new Int32Array(task.page),
    counters: row.all,
    workerIndex: task.workerIndex,
    workerBits: task.workerBits,
    chosenIds: task.chosenIds,
    correctTransmit: task.correctTransmit,
  });
  const responder = new BatchResponder(
    { packets: path.packets, table: path.table, copy: path.copy, counters: row.responder },
    task.policies,
  );
  Atomics.store(control, CONTROL_THREADS + task.workerIndex, threadId);
  const replies = serveUntilStopped(path, responder, control);
  path.flush(replies);
  Atomics.store(control, CONTROL_THREADS + task.workerIndex, 0);
}

/** The loop itself: one exchange and one batch of answers per turn. Returns the replies not yet sent. */
export function serveUntilStopped(path: PacketPath, responder: BatchResponder, control: Int32Array): number {
  let replies = 0;
  while (Atomics.load(control, CONTROL_STOP) === 0) {
    replies = path.exchange(replies);
    responder.answer(replies);
  }
  return replies;
}
