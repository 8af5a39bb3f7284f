import { expect, test } from 'vitest';
import { COUNT_DROPS, COUNT_VERSIONS } from '../../../../src/core/server/batch-responder.ts';
import { SLOT_REPLY_LENGTH, SLOT_WORDS } from '../../../../src/core/server/slot.ts';
import { ResponderBench, request } from '../../../support/requests.ts';

test('a batch is answered slot by slot, and what is dropped has no reply', () => {
  const bench = new ResponderBench(4);
  bench.place(0, request(4));
  bench.place(1, request(4, 6));
  bench.place(2, request(3));
  bench.place(3, request(4));
  bench.responder.answer(3);
  const lengths = [0, 1, 2, 3].map((i) => bench.table[i * SLOT_WORDS + SLOT_REPLY_LENGTH]);
  expect(lengths).toEqual([48, 0, 48, 0]);
  expect(bench.counters[COUNT_VERSIONS + 4]).toBe(1);
  expect(bench.counters[COUNT_VERSIONS + 3]).toBe(1);
  expect(bench.counters.subarray(COUNT_DROPS).reduce((sum, count) => sum + count, 0)).toBe(1);
});

test('a reply length left over from the last batch does not send a dropped packet', () => {
  const bench = new ResponderBench(1);
  expect(bench.answer(request())).not.toBeNull();
  expect(bench.answer(request(4, 4))).toBeNull();
});
