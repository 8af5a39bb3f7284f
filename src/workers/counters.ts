import {
  COUNT_AUTHENTICATED,
  COUNT_DROPS,
  COUNT_INTERLEAVED,
  COUNT_KISSES,
  COUNT_LEAKED,
  COUNT_VERSIONS,
  RESPONDER_COUNTERS,
  VERSIONS,
} from '../core/server/batch-responder.ts';
import { DROP_REASONS, type DropReason } from '../core/server/drop-reason.ts';
import { STAMP_DAEMON, STAMP_HARDWARE, STAMP_KERNEL } from '../core/server/slot.ts';
import * as native from '../native/counter-words.ts';

/**
 * Counters in shared memory: one row of doubles per worker, written by that worker alone and read by anyone; the
 * addon's first, then the responder's. A replaced worker goes on with its predecessor's row.
 */

const DOUBLES_PER_LINE = 8; // a row shares no cache line with its neighbours
const RESPONDER_AT = native.NATIVE_COUNTERS;
const ROW_DOUBLES = Math.ceil((RESPONDER_AT + RESPONDER_COUNTERS) / DOUBLES_PER_LINE) * DOUBLES_PER_LINE;

/** Memory for `workers` rows. */
export function allocateCounters(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer(workers * ROW_DOUBLES * Float64Array.BYTES_PER_ELEMENT);
}

/** The row of one worker: the whole of it, and the responder's part. */
export function counterRow(memory: SharedArrayBuffer, worker: number): { all: Float64Array; responder: Float64Array } {
  const octets = Float64Array.BYTES_PER_ELEMENT;
  const all = new Float64Array(memory, worker * ROW_DOUBLES * octets, ROW_DOUBLES);
  const responder = new Float64Array(
    memory,
    (worker * ROW_DOUBLES + RESPONDER_AT) * octets,
    ROW_DOUBLES - RESPONDER_AT,
  );
  return { all, responder };
}

/** What one worker, or all of them, have counted since the start. */
export interface ServerCounters {
  /** Exchanges finished; moves while the worker lives. */
  heartbeat: number;
  received: number;
  /** Replies that the kernel took. */
  answered: number;
  /** Answers by NTP version, 0–7. */
  versions: number[];
  /** Replies that carried the true transmit stamp of the one before. */
  interleaved: number;
  /** Replies with a MAC. */
  authenticated: number;
  /** Kisses sent to sources over their limit or not let in; their requests are counted as drops. */
  kisses: number;
  /** Requests over the limit that were answered all the same. */
  leaked: number;
  drops: Record<DropReason, number>;
  /** Datagrams that the kernel dropped for want of queue space. */
  kernelDrops: number;
  /** Datagrams of clients not in good standing that the kernel kept out in overload. */
  shed: number;
  sendNoBuffer: number;
  sendWouldBlock: number;
  sendRefused: number;
  /** Transmit stamps collected from the kernel, those for our own corrections among them. */
  txStamps: number;
  txStampsLost: number;
  /** Transmit stamps kept for interleaved clients, by where they were taken. */
  txKeptHardware: number;
  txKeptKernel: number;
  txKeptDaemon: number;
  pageFailures: number;
  unstamped: number;
  receiveErrors: number;
}

/** Reads one worker's row. */
export function readCounters(memory: SharedArrayBuffer, worker: number): ServerCounters {
  const { all, responder } = counterRow(memory, worker);
  const at = (index: number): number => all[index] as number;
  const drops = Object.fromEntries(
    DROP_REASONS.map((reason, i) => [reason, responder[COUNT_DROPS + i] as number]),
  ) as Record<DropReason, number>;
  return {
    heartbeat: at(native.COUNTER_HEARTBEAT),
    received: at(native.COUNTER_RECEIVED),
    answered: at(native.COUNTER_SENT),
    versions: Array.from(responder.subarray(COUNT_VERSIONS, COUNT_VERSIONS + VERSIONS)),
    interleaved: responder[COUNT_INTERLEAVED] as number,
    authenticated: responder[COUNT_AUTHENTICATED] as number,
    kisses: responder[COUNT_KISSES] as number,
    leaked: responder[COUNT_LEAKED] as number,
    drops,
    kernelDrops: at(native.COUNTER_KERNEL_DROPS),
    shed: at(native.COUNTER_SHED),
    sendNoBuffer: at(native.COUNTER_SEND_NO_BUFFER),
    sendWouldBlock: at(native.COUNTER_SEND_WOULD_BLOCK),
    sendRefused: at(native.COUNTER_SEND_REFUSED),
    txStamps: at(native.COUNTER_TX_STAMPS),
    txStampsLost: at(native.COUNTER_TX_STAMPS_LOST),
    txKeptHardware: at(native.COUNTER_TX_REPORTS + STAMP_HARDWARE),
    txKeptKernel: at(native.COUNTER_TX_REPORTS + STAMP_KERNEL),
    txKeptDaemon: at(native.COUNTER_TX_REPORTS + STAMP_DAEMON),
    pageFailures: at(native.COUNTER_PAGE_FAILURES),
    unstamped: at(native.COUNTER_UNSTAMPED),
    receiveErrors: at(native.COUNTER_RECEIVE_ERRORS),
  };
}

/** The sum over several workers. */
export function sumCounters(rows: readonly ServerCounters[]): ServerCounters {
  const sum = readCounters(allocateCounters(1), 0);
  for (const row of rows) {
    for (const key of Object.keys(sum) as (keyof ServerCounters)[]) {
      if (key === 'versions') {
        sum.versions = sum.versions.map((count, i) => count + (row.versions[i] as number));
      } else if (key === 'drops') {
        for (const reason of DROP_REASONS) sum.drops[reason] += row.drops[reason];
      } else {
        sum[key] += row[key];
      }
    }
  }
  return sum;
}
