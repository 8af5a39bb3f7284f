import { expect, test } from 'vitest';
import { defaultConfig } from '../../../src/config/load.ts';
import { describeInterleavedStore, interleavedCapacityLog2 } from '../../../src/daemon/interleaved-store.ts';

test('lifetimes against rates and the memory of all workers are said', () => {
  expect(describeInterleavedStore(21, 2)).toBe(
    'each worker remembers 2097152 interleaved replies: 2097 s at 1000/s, 104 s at 20000/s, 13 s at 150000/s; ' +
      '96 MB in all (interleaved-replies)',
  );
});

test('the capacity is the next power of two', () => {
  const { workers } = defaultConfig();
  const capacity = (interleavedReplies: number): number => interleavedCapacityLog2({ ...workers, interleavedReplies });
  expect([1024, 1025, 2048].map(capacity)).toEqual([10, 11, 11]);
});
