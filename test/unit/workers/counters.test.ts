import { expect, test } from 'vitest';
import { COUNT_DROPS } from '../../../src/core/server/batch-responder.ts';
import { COUNTER_RECEIVED } from '../../../src/native/counter-words.ts';
import { allocateCounters, counterRow, readCounters, sumCounters } from '../../../src/workers/counters.ts';

test('each worker has a row of its own, on cache lines of its own', () => {
  const memory = allocateCounters(3);
  const rows = [0, 1, 2].map((worker) => counterRow(memory, worker));
  for (const [i, row] of rows.entries()) {
    expect(row.all.byteOffset % 64).toBe(0);
    row.all[COUNTER_RECEIVED] = i + 1;
    row.responder[COUNT_DROPS] = 10 * (i + 1);
  }
  const read = rows.map((_, worker) => readCounters(memory, worker));
  expect(read.map((counters) => counters.received)).toEqual([1, 2, 3]);
  expect(read.map((counters) => counters.drops.length)).toEqual([10, 20, 30]);
  const sum = sumCounters(read);
  expect(sum.received).toBe(6);
  expect(sum.drops.length).toBe(60);
  expect(sum.versions).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
});
