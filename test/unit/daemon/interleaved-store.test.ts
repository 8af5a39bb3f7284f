import { expect, test } from 'vitest';
import { describeInterleavedStore } from '../../../src/daemon/interleaved-store.ts';

test('lifetimes against rates and the memory of all workers are said', () => {
  expect(describeInterleavedStore(21, 2)).toBe(
    'each worker remembers 2097152 interleaved replies: 2097 s at 1000/s, 104 s at 20000/s, 13 s at 150000/s; ' +
      '96 MB in all (interleaved-replies)',
  );
});
