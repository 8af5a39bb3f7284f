import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { BatchResponder } from '../core/server/batch-responder.ts';
import type { ListenerPolicy } from '../core/server/listener-policy.ts';
import type { SymmetricKey } from '../core/server/symmetric-key.ts';
import { KeyRing } from '../native/key-ring.ts';
import type { BorrowedSocket, PacketPath } from '../native/packet-path.ts';
import { CONTROL_POLICY, policyWord } from './control-block.ts';
import type { OverloadGuard } from './overload-guard.ts';

/** What a worker works by, as the coordinator sends it: plain data and shared memory. */
export interface WorkerPolicy {
  /** Number of the policy; each change has a higher one. */
  readonly generation: number;
  readonly sockets: readonly BorrowedSocket[];
  /** By listener index. */
  readonly listeners: readonly ListenerPolicy[];
  readonly keys: readonly SymmetricKey[];
}

/**
 * A worker's side of live changes. The worker never waits for messages: it compares one word per turn, and when that has
 * moved takes the newest policy from its port, between two batches.
 */
export class PolicyTaker {
  private readonly control: Int32Array;
  private readonly port: MessagePort;
  private readonly workerIndex: number;
  private readonly guard: OverloadGuard;
  private generation = -1;

  constructor(control: SharedArrayBuffer, port: MessagePort, workerIndex: number, guard: OverloadGuard) {
    this.control = new Int32Array(control);
    this.port = port;
    this.workerIndex = workerIndex;
    this.guard = guard;
  }

  /** Whether another policy than the one in use is in force. */
  get due(): boolean {
    return Atomics.load(this.control, CONTROL_POLICY) !== this.generation;
  }

  /** Takes the policy that came last. No reply may be waiting to be sent. */
  take(path: PacketPath, responder: BatchResponder): void {
    let newest: WorkerPolicy | null = null;
    for (let got = receiveMessageOnPort(this.port); got !== undefined; got = receiveMessageOnPort(this.port)) {
      newest = got.message as WorkerPolicy;
    }
    if (newest === null) return; // announced, and still on its way
    path.useSockets(newest.sockets);
    this.install(newest, path, responder);
  }

  /** Works by this policy from now on, and says so. */
  install(policy: WorkerPolicy, path: PacketPath, responder: BatchResponder): void {
    const keys = policy.keys.length === 0 ? null : new KeyRing(path.arena, policy.keys);
    path.useKeys(keys);
    responder.install(policy.listeners, keys);
    this.guard.install(policy.sockets, policy.listeners);
    this.generation = policy.generation;
    Atomics.store(this.control, policyWord(this.workerIndex), policy.generation);
  }
}
