import type { Gate } from '../core/server/gate.ts';
import type { ListenerPolicy } from '../core/server/listener-policy.ts';
import { OVERLOAD_BEGAN, OVERLOAD_ENDED, OVERLOAD_SAME, OverloadPolicy } from '../core/server/overload.ts';
import {
  STANDING_ADMIT_BEFORE,
  STANDING_ADMITTED,
  STANDING_NOW,
  STANDING_SHARE,
  STANDING_SHED,
} from '../core/server/standing-rows.ts';
import { BATCH_PACKETS, type BorrowedSocket } from '../native/packet-path.ts';
import { attachSocketFilter, detachSocketFilter } from '../native/standing-filter.ts';

/** A worker's filter: the descriptor of the program, and its row of the map. */
export interface GuardFilter {
  readonly program: number;
  readonly row: Int32Array;
}

/**
 * Watches a worker's queue. While it is long nothing beyond a limit is answered, and where there is a filter it stands
 * before the sockets and keeps out those unknown clients that there is no room for.
 */
export class OverloadGuard {
  private readonly policy: OverloadPolicy = new OverloadPolicy();
  private readonly gate: Gate;
  private readonly filter: GuardFilter | null;
  /** Descriptors that the filter may stand before. */
  private guarded: readonly number[] = [];

  constructor(gate: Gate, filter: GuardFilter | null) {
    this.gate = gate;
    this.filter = filter;
  }

  /** Takes other sockets into its care; whatever filter a predecessor left is taken away first. */
  install(sockets: readonly BorrowedSocket[], listeners: readonly ListenerPolicy[]): void {
    if (this.filter === null) return;
    for (const { fd } of sockets) detachSocketFilter(fd);
    this.guarded = sockets
      .filter(({ listener }) => isGuarded(listeners[listener] as ListenerPolicy))
      .map(({ fd }) => fd);
    if (this.policy.active) this.attach(this.filter);
  }

  /**
   * After each batch, the gate's time being that of the batch.
   *
   * @param ageUs - how long its first request waited; nothing where there is none.
   */
  step(received: number, ageUs: number): void {
    const { policy, filter, gate } = this;
    const unit = gate.standingUnit;
    const full = received === BATCH_PACKETS;
    const shed = filter === null ? 0 : (filter.row[STANDING_SHED] as number);
    const admitted = filter === null ? 0 : (filter.row[STANDING_ADMITTED] as number);
    const change = policy.step(gate.time.units, unit, received, full, received === 0 ? 0 : ageUs, shed, admitted);
    if (change === OVERLOAD_SAME) return;
    gate.overloaded = policy.active;
    if (filter === null) return;
    filter.row[STANDING_NOW] = unit;
    filter.row[STANDING_ADMIT_BEFORE] = policy.admitBefore;
    filter.row[STANDING_SHARE] = policy.share;
    if (change === OVERLOAD_BEGAN) this.attach(filter);
    if (change === OVERLOAD_ENDED) for (const fd of this.guarded) detachSocketFilter(fd);
  }

  private attach(filter: GuardFilter): void {
    for (const fd of this.guarded) attachSocketFilter(fd, filter.program);
  }
}

/** Good standing is to keep within limits, so there is none where there are none. */
function isGuarded(policy: ListenerPolicy): boolean {
  return policy.shedUnknown && policy.limits !== null;
}
