// A worker thread that serves and then says how often its young generation was collected meanwhile. Plain
// JavaScript over the built output, so that what is watched is what runs in the daemon.
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { compileAccess } from '../../dist/core/server/access.js';
import { BatchResponder } from '../../dist/core/server/batch-responder.js';
import { limitOf } from '../../dist/core/server/bucket-table.js';
import { Gate, gateSharedOctets } from '../../dist/core/server/gate.js';
import { InterleavedStore } from '../../dist/core/server/interleaved.js';
import { KeyedHash } from '../../dist/core/server/keyed-hash.js';
import { DEFAULT_POLICY } from '../../dist/core/server/listener-policy.js';
import { COPY_TX_REPORTS } from '../../dist/core/server/page.js';
import { DEFAULT_RATE_LIMITS } from '../../dist/core/server/rate-limit.js';
import * as slot from '../../dist/core/server/slot.js';
import { Standing } from '../../dist/core/server/standing.js';
import { STANDING_ROW_WORDS, STANDING_SHED } from '../../dist/core/server/standing-rows.js';
import { TALKER_WORDS, TopTalkers } from '../../dist/core/server/top-talkers.js';
import { PacketPath } from '../../dist/native/packet-path.js';
import { counterRow } from '../../dist/workers/counters.js';
import { OverloadGuard } from '../../dist/workers/overload-guard.js';
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
  const limits = { ...DEFAULT_RATE_LIMITS, ipv4Address: limitOf(500_000, 1000), kissLog2: 1 };
  const access = compileAccess(null, { filter: ['192.0.2.0/24', '2001:db8::/32'], action: 'deny' });
  const guarded = { ...DEFAULT_POLICY, access, limits };
  const buckets = new SharedArrayBuffer(gateSharedOctets(1024));
  const responder = new BatchResponder(memory, [DEFAULT_POLICY, guarded], {
    gate: new Gate({ hashKey: [1, 2], buckets }, 1024, 3, new Standing(new Int32Array(64 * STANDING_ROW_WORDS))),
    store: new InterleavedStore(12, 4),
    talkers: new TopTalkers(new Int32Array(TALKER_WORDS), new KeyedHash([5, 6])),
    workerIndex: 0,
    workerBits: 0,
  });
  for (let i = 0; i < SLOTS; i++) {
    table[i * slot.SLOT_WORDS + slot.SLOT_START] = i * 128;
    table[i * slot.SLOT_WORDS + slot.SLOT_LENGTH] = 48;
    table[i * slot.SLOT_WORDS + slot.SLOT_PORT] = 4000 + i;
    table[i * slot.SLOT_WORDS + slot.SLOT_RX_SECONDS] = 0xeeb00000 | 0;
    table[i * slot.SLOT_WORDS + slot.SLOT_LISTENER] = i & 1;
    // Every eighth is refused by the lists; the others are within their limits or above them.
    table[i * slot.SLOT_WORDS + slot.SLOT_ADDRESS + 2] = 0xffff;
    table[i * slot.SLOT_WORDS + slot.SLOT_ADDRESS + 3] = (i % 8 === 7 ? 0xc0000200 : 0x0a000000 + (i % 5)) | 0;
  }
  // A worker that is overloaded all the time: a batch in 300 µs, and as much again that the filter keeps out.
  const now = { time: { units: 0 }, standingUnit: 0, overloaded: false };
  const row = new Int32Array(STANDING_ROW_WORDS);
  const guard = new OverloadGuard(now, { program: -1, row });
  let stamp = 0;
  turn = (count) => {
    for (let done = 0; done < count; done += SLOTS) {
      for (let i = 0; i < SLOTS; i++) {
        view.setUint8(i * 128, 0x23);
        if (i % 4 !== 0) continue;
        // The name of the reply that this slot gave before, complete by now.
        const row = i * slot.SLOT_WORDS;
        memory.txReport[0] = table[row + slot.SLOT_TX_COOKIE];
        memory.txReport[1] = table[row + slot.SLOT_RX_SECONDS];
        memory.txReport[2] = table[row + slot.SLOT_RX_FRACTION] + 1000;
        memory.copy.setInt32(COPY_TX_REPORTS * 4, (i / 4) % 2, true);
        view.setInt32(i * 128 + 24, table[row + slot.SLOT_RX_SECONDS]);
        view.setInt32(i * 128 + 28, table[row + slot.SLOT_RX_FRACTION]);
        view.setInt32(i * 128 + 32, stamp);
        view.setInt32(i * 128 + 40, ~stamp);
        stamp = (stamp + 1) | 0;
        table[row + slot.SLOT_RX_FRACTION] = Math.imul(stamp, 0x9e3779b1) | 1;
      }
      responder.answer(SLOTS);
      now.time.units = (now.time.units + 315) | 0;
      row[STANDING_SHED] = (row[STANDING_SHED] + SLOTS) | 0;
      guard.step(SLOTS, 20_000);
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
  const guard = new OverloadGuard({ time: { units: 0 }, standingUnit: 0, overloaded: false }, null);
  turn = () => {
    parentPort.postMessage('serving');
    path.flush(serveUntilStopped(path, loop, control, null, guard));
    Atomics.store(control, 0, 0);
  };
}

turn(packets / 5); // warm-up: compiled code and its feedback come to rest
const before = await settle();
turn(packets);
const after = await settle();
parentPort.postMessage({ collections: after - before, kept: kept !== null });
