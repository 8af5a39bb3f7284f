import { DROP_REASONS } from './drop-reason.ts';
import type { ListenerPolicy } from './listener-policy.ts';
import { respond } from './respond.ts';
import { ServedHeader } from './served-header.ts';
import { SLOT_LISTENER, SLOT_REPLY_LENGTH, SLOT_START, SLOT_WORDS } from './slot.ts';

/**
 * Counters that a responder adds to: answers by version (index 0–7), then drops by reason in the order of
 * DROP_REASONS.
 */
export const COUNT_VERSIONS = 0;
export const COUNT_DROPS = 8;
export const RESPONDER_COUNTERS: number = COUNT_DROPS + DROP_REASONS.length;

/** Memory that a responder works on; it outlives the responder and is owned by whoever receives the packets. */
export interface PacketMemory {
  /** The packets; `table` says where each starts. */
  readonly packets: DataView;
  /** SLOT_WORDS words per slot. */
  readonly table: Int32Array;
  /** The worker's copy of the time page, COPY_WORDS words. */
  readonly copy: DataView;
  /** RESPONDER_COUNTERS doubles, single writer. */
  readonly counters: Float64Array;
}

/** Answers batches of requests in place. No clock, no socket; nothing is allocated after construction. */
export class BatchResponder {
  readonly served: ServedHeader = new ServedHeader();
  private readonly packets: DataView;
  private readonly table: Int32Array;
  private readonly copy: DataView;
  private readonly counters: Float64Array;
  private readonly policies: readonly ListenerPolicy[];

  /** @param policies - by listener index; every index that occurs in the table has one. */
  constructor(memory: PacketMemory, policies: readonly ListenerPolicy[]) {
    this.packets = memory.packets;
    this.table = memory.table;
    this.copy = memory.copy;
    this.counters = memory.counters;
    this.policies = policies;
  }

  /** Answers the first `received` slots: sets each one's reply length, 0 for none, and counts. */
  answer(received: number): void {
    const { packets, table, counters, served, policies } = this;
    served.refresh(this.copy);
    const rowEnd = received * SLOT_WORDS;
    for (let row = 0; row < rowEnd; row += SLOT_WORDS) {
      const policy = policies[table[row + SLOT_LISTENER] as number] as ListenerPolicy;
      const outcome = respond(packets, table, row, served, policy);
      if (outcome > 0) {
        table[row + SLOT_REPLY_LENGTH] = outcome;
        const version = (packets.getUint8(table[row + SLOT_START] as number) >> 3) & 7;
        counters[COUNT_VERSIONS + version] = (counters[COUNT_VERSIONS + version] as number) + 1;
      } else {
        table[row + SLOT_REPLY_LENGTH] = 0;
        const counter = COUNT_DROPS - 1 - outcome;
        counters[counter] = (counters[counter] as number) + 1;
      }
    }
  }
}
