import { type MessagePort, threadId } from 'node:worker_threads';
import { BatchResponder, type ResponderTables } from '../core/server/batch-responder.ts';
import { Gate } from '../core/server/gate.ts';
import { InterleavedStore } from '../core/server/interleaved.ts';
import { KeyedHash } from '../core/server/keyed-hash.ts';
import { SLOT_AGE_US, SLOT_WORDS } from '../core/server/slot.ts';
import { Standing } from '../core/server/standing.ts';
import { TopTalkers } from '../core/server/top-talkers.ts';
import { lockBuffer } from '../native/memory-lock.ts';
import { PacketPath } from '../native/packet-path.ts';
import { setThreadAffinity, setThreadPriority } from '../native/thread-tuning.ts';
import { CONTROL_STOP, THREAD_NONE, threadWord } from './control-block.ts';
import { counterRow } from './counters.ts';
import { OverloadGuard } from './overload-guard.ts';
import { mapShare, type StandingShare } from './standing-filters.ts';
import { PolicyTaker, type WorkerPolicy } from './worker-policy.ts';

/** One worker's task: everything it needs, as plain data and shared memory. */
export interface ServeTask {
  readonly workerIndex: number;
  readonly workerBits: number;
  readonly wakeFd: number;
  readonly page: SharedArrayBuffer;
  /** The page of network cards' clocks, where cards stamp. */
  readonly phcPage: SharedArrayBuffer | null;
  readonly control: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  readonly policy: WorkerPolicy;
  /** Where later policies come from. */
  readonly policies: MessagePort;
  /** Two secret words, alike for all workers. */
  readonly hashKey: readonly [number, number];
  /** Shared by all workers. */
  readonly gateBuckets: SharedArrayBuffer;
  /** Where this worker keeps who asks most; read by the coordinator. */
  readonly talkers: SharedArrayBuffer;
  /** What it takes to shed in overload; null where the kernel does not let us. */
  readonly standing: StandingShare | null;
  /** Replies remembered for interleaved mode, as a power of two. */
  readonly interleavedCapacityLog2: number;
  /** A random word of this worker's own. */
  readonly seed: number;
  readonly chosenIds: boolean;
  readonly correctTransmit: boolean;
  readonly cpu: number | null;
  readonly priority: number | null;
  /** Whether the memory it works in is to stay in memory. */
  readonly lockMemory: boolean;
}

/** The worker's entry: serves until told to stop. Blocks its thread; throws only what is our own fault. */
export default function serve(task: ServeTask): void {
  if (task.cpu !== null) setThreadAffinity(task.cpu);
  if (task.priority !== null) setThreadPriority(task.priority);
  const control = new Int32Array(task.control);
  const row = counterRow(task.counters, task.workerIndex);
  const map = task.standing === null ? null : mapShare(task.standing, task.workerIndex);
  const path = new PacketPath({
    sockets: task.policy.sockets,
    wakeFd: task.wakeFd,
    page: new Int32Array(task.page),
    ...(task.phcPage === null ? {} : { phcPage: new Int32Array(task.phcPage) }),
    counters: row.all,
    workerIndex: task.workerIndex,
    workerBits: task.workerBits,
    chosenIds: task.chosenIds,
    correctTransmit: task.correctTransmit,
    ...(map === null ? {} : { standing: map.row }),
  });
  const { packets, table, copy, txReport } = path;
  const tables = makeTables(task, table.length / SLOT_WORDS, map === null ? null : new Standing(map.clients));
  if (task.lockMemory) lockMemory(task, path, tables);
  const responder = new BatchResponder(
    { packets, table, copy, txReport, counters: row.responder },
    task.policy.listeners,
    tables,
  );
  const filter = task.standing === null || map === null ? null : { program: task.standing.program, row: map.row };
  const guard = new OverloadGuard(tables.gate, filter);
  const policies = new PolicyTaker(task.control, task.policies, task.workerIndex, guard);
  policies.install(task.policy, path, responder);
  Atomics.store(control, threadWord(task.workerIndex), threadId);
  const replies = serveUntilStopped(path, responder, control, policies, guard);
  path.flush(replies);
  Atomics.store(control, threadWord(task.workerIndex), THREAD_NONE);
}

type WorkerTables = ResponderTables & { readonly gate: Gate; readonly store: InterleavedStore };

/** What one refuses the others will, too; that we may was asked at the start. */
function lockMemory(task: ServeTask, path: PacketPath, { gate, store }: WorkerTables): void {
  const shared = [task.page, task.counters, task.gateBuckets, task.talkers];
  const own = [path.packets.buffer, path.table.buffer, path.copy.buffer, path.txReport.buffer];
  for (const buffer of [...shared, ...own, ...gate.memory, ...store.memory]) lockBuffer(buffer);
}

function makeTables(task: ServeTask, slots: number, standing: Standing | null): WorkerTables {
  return {
    gate: new Gate({ hashKey: task.hashKey, buckets: task.gateBuckets }, slots, task.seed, standing),
    store: new InterleavedStore(task.interleavedCapacityLog2, task.seed),
    talkers: new TopTalkers(new Int32Array(task.talkers), new KeyedHash(task.hashKey)),
    workerIndex: task.workerIndex,
    workerBits: task.workerBits,
  };
}

/**
 * The loop itself: one exchange and one batch of answers per turn. Returns the replies not yet sent.
 *
 * @param policies - where changes come from; null where there are none.
 * @param guard - who watches the queue; null for nobody.
 */
export function serveUntilStopped(
  path: PacketPath,
  responder: BatchResponder,
  control: Int32Array,
  policies: PolicyTaker | null = null,
  guard: OverloadGuard | null = null,
): number {
  const { table } = path;
  let replies = 0;
  while (Atomics.load(control, CONTROL_STOP) === 0) {
    if (policies?.due) {
      path.flush(replies);
      replies = 0;
      policies.take(path, responder);
    }
    replies = path.exchange(replies);
    responder.answer(replies);
    if (guard !== null) guard.step(replies, table[SLOT_AGE_US] as number);
  }
  return replies;
}
