import { BatchResponder } from '../core/server/batch-responder.ts';
import { Gate, gateSharedOctets } from '../core/server/gate.ts';
import { InterleavedStore } from '../core/server/interleaved.ts';
import { KeyedHash } from '../core/server/keyed-hash.ts';
import type { ListenerPolicy } from '../core/server/listener-policy.ts';
import * as slot from '../core/server/slot.ts';
import { TALKER_WORDS, TopTalkers } from '../core/server/top-talkers.ts';
import { BATCH_PACKETS, PacketPath, SLOT_OCTETS } from '../native/packet-path.ts';
import { closeSocket } from '../native/packet-socket.ts';
import { openWakeEvent, signalWakeEvent } from '../native/wake-event.ts';
import { HEADER_OCTETS, ORG, XMT } from '../protocol/header.ts';
import { allocateCounters, counterRow } from './counters.ts';

/** What a spare thread rehearses with. */
export interface RehearsalTask {
  readonly page: SharedArrayBuffer;
  /** The policies in force: what they ask for is what gets compiled. */
  readonly listeners: readonly ListenerPolicy[];
}

/** Batches until V8 has compiled what answers them (bench/load/crash.ts). */
const BATCHES = 400;
const REQUEST_V4 = 0x23;
/** One request in so many names an earlier reply, and one comes over IPv6. */
const INTERLEAVED_EVERY = 8;
const IPV6_EVERY = 16;
const MAPPED = 0xffff;
const SCATTER = 0x9e3779b1 | 0;

/**
 * Answers made-up requests, over no socket and into tables of its own, so that a thread has loaded and compiled what it
 * will serve with: one that begins without is slow at first, and on a busy core its queue is full before it has become
 * quick (bench/load/crash.ts).
 *
 * @returns how many of them would have been answered.
 */
export default function rehearse(task: RehearsalTask): number {
  const wakeFd = openWakeEvent();
  try {
    return answerRequests(task, wakeFd);
  } finally {
    closeSocket(wakeFd);
  }
}

function answerRequests({ page, listeners }: RehearsalTask, wakeFd: number): number {
  const row = counterRow(allocateCounters(1), 0);
  const path = new PacketPath({
    sockets: [],
    wakeFd,
    page: new Int32Array(page),
    counters: row.all,
    workerIndex: 0,
    workerBits: 0,
    chosenIds: false,
    correctTransmit: false,
  });
  const { packets, table, copy, txReport } = path;
  const buckets = new SharedArrayBuffer(gateSharedOctets(1024));
  // Half of them pass the lists, whatever these are.
  const policies = [...listeners, ...listeners.map((policy) => ({ ...policy, access: null }))];
  const responder = new BatchResponder({ packets, table, copy, txReport, counters: row.responder }, policies, {
    gate: new Gate({ hashKey: [1, 2], buckets }, BATCH_PACKETS, 3),
    store: new InterleavedStore(10, 4),
    talkers: new TopTalkers(new Int32Array(TALKER_WORDS), new KeyedHash([5, 6])),
    workerIndex: 0,
    workerBits: 0,
  });
  let answered = 0;
  for (let batch = 0; batch < BATCHES; batch++) {
    signalWakeEvent(wakeFd); // so that the exchange, which brings the time page, does not wait
    path.exchange(0);
    for (let i = 0; i < BATCH_PACKETS; i++) place(path, i, batch * BATCH_PACKETS + i, i % policies.length);
    responder.answer(BATCH_PACKETS);
    for (let i = 0; i < BATCH_PACKETS; i++) {
      if ((table[i * slot.SLOT_WORDS + slot.SLOT_REPLY_LENGTH] as number) > 0) answered++;
    }
  }
  return answered;
}

/** Puts request `serial`, each from another address, into a slot, as if it had just been received. */
function place({ packets, table }: PacketPath, index: number, serial: number, listener: number): void {
  const at = index * SLOT_OCTETS;
  for (let octet = 0; octet < HEADER_OCTETS; octet += 4) packets.setInt32(at + octet, 0);
  packets.setUint8(at, REQUEST_V4);
  packets.setInt32(at + XMT + 4, serial);
  if (serial % INTERLEAVED_EVERY === 0) packets.setInt32(at + ORG + 4, 2 * serial + 1);
  const row = index * slot.SLOT_WORDS;
  const isV6 = serial % IPV6_EVERY === 1;
  table[row + slot.SLOT_START] = at;
  table[row + slot.SLOT_LENGTH] = HEADER_OCTETS;
  table[row + slot.SLOT_RX_FRACTION] = Math.imul(serial, SCATTER) | 1;
  table[row + slot.SLOT_RX_SOURCE] = slot.STAMP_KERNEL;
  table[row + slot.SLOT_ADDRESS] = isV6 ? 0x20010db8 : 0;
  table[row + slot.SLOT_ADDRESS + 1] = isV6 ? Math.imul(serial, SCATTER) : 0;
  table[row + slot.SLOT_ADDRESS + 2] = isV6 ? 0 : MAPPED;
  table[row + slot.SLOT_ADDRESS + 3] = Math.imul(serial, SCATTER);
  table[row + slot.SLOT_PORT] = 123;
  table[row + slot.SLOT_LISTENER] = listener;
  table[row + slot.SLOT_REPLY_FLAGS] = 0;
  table[row + slot.SLOT_FLAGS] = 0;
}
