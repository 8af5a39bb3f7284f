import type { ResponderTables } from '../../src/core/server/batch-responder.ts';
import { Gate, gateSharedOctets } from '../../src/core/server/gate.ts';
import { InterleavedStore } from '../../src/core/server/interleaved.ts';

/** The tables of one worker, small ones, under a fixed key. */
export function workerTables(workerIndex = 0, workerBits = 0): ResponderTables {
  const buckets = new SharedArrayBuffer(gateSharedOctets(1024));
  return {
    gate: new Gate({ hashKey: [1, 2], buckets }, 1024, 3),
    store: new InterleavedStore(10, 4),
    talkers: null,
    workerIndex,
    workerBits,
  };
}
