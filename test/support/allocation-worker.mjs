// A worker thread that serves and then says how often its young generation was collected meanwhile. Plain
// JavaScript over the built output, so that what is watched is what runs in the daemon.
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { BatchResponder } from '../../dist/core/server/batch-responder.js';
import { DEFAULT_POLICY } from '../../dist/core/server/listener-policy.js';
import * as slot from '../../dist/core/server/slot.js';
import { PacketPath } from '../../dist/native/packet-path.js';
import { counterRow } from '../../dist/workers/counters.js';
import { serveUntilStopped } from '../../dist/workers/serve-loop.js';

const SLOTS = 64;
let collections = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (entry.detail.kind === constants.NODE_PERFORMANCE_GC_MINOR) collections++;
}).observe({ entryTypes: ['gc'] });

/** Lets the observer see what was collected so far. */
async function settle() {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setTimeout(resolve, 20));
  return collections;
}

/** The positive control: something that outlives the packet, once per packet. */
let kept = null;
function keepOnePerPacket(received) {
  for (let i = 0; i < received; i++) kept = { packet: i };
}

const { mode, packets, allocating } = workerData;
let turn;
if (mode === 'arrays') {
  const octets = new ArrayBuffer(SLOTS * 128);
  const table = new Int32Array(new ArrayBuffer(SLOTS * slot.SLOT_WORDS * 4));
  const view = new DataView(octets);
  const memory = {
    packets: view,
    table,
    copy: new DataView(new ArrayBuffer(512)),
    txReport: new Int32Array(64),
    counters: new Float64Array(64),
  };
  const responder = new BatchResponder(memory, [DEFAULT_POLICY]);
  for (let i = 0; i < SLOTS; i++) {
    table[i * slot.SLOT_WORDS + slot.SLOT_START] = i * 128;
    table[i * slot.SLOT_WORDS + slot.SLOT_LENGTH] = 48;
    table[i * slot.SLOT_WORDS + slot.SLOT_PORT] = 4000 + i;
    table[i * slot.SLOT_WORDS + slot.SLOT_RX_SECONDS] = 0xeeb00000 | 0;
  }
  turn = (count) => {
    for (let done = 0; done < count; done += SLOTS) {
      for (let i = 0; i < SLOTS; i++) view.setUint8(i * 128, 0x23);
      responder.answer(SLOTS);
      if (allocating) keepOnePerPacket(SLOTS);
    }
  };
} else {
  const control = new Int32Array(workerData.control);
  const row = counterRow(workerData.counters, 0);
  const path = new PacketPath({ ...workerData.path, page: new Int32Array(workerData.page), counters: row.all });
  const responder = new BatchResponder(
    { packets: path.packets, table: path.table, copy: path.copy, txReport: path.txReport, counters: row.responder },
    [DEFAULT_POLICY],
  );
  const loop = allocating
    ? {
        answer(received) {
          responder.answer(received);
          keepOnePerPacket(received);
        },
      }
    : responder;
  turn = () => {
    parentPort.postMessage('serving');
    path.flush(serveUntilStopped(path, loop, control));
    Atomics.store(control, 0, 0);
  };
}

turn(packets / 5); // warm-up: compiled code and its feedback come to rest
const before = await settle();
turn(packets);
const after = await settle();
parentPort.postMessage({ collections: after - before, kept: kept !== null });
