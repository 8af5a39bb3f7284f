import { expect, test } from 'vitest';
import {
  allocateControl,
  CONTROL_POLICY,
  CONTROL_STOP,
  policyWord,
  threadWord,
} from '../../../src/workers/control-block.ts';

test('every word of every worker is its own and lies within the block', () => {
  const workers = 256;
  const words = [CONTROL_STOP, CONTROL_POLICY];
  for (let worker = 0; worker < workers; worker++) words.push(threadWord(worker), policyWord(worker));
  expect(new Set(words).size).toBe(words.length);
  expect(Math.max(...words)).toBe(allocateControl(workers).byteLength / 4 - 1);
});

test('it begins as: do not stop, no worker serves, the first policy', () => {
  expect(new Int32Array(allocateControl(3)).every((word) => word === 0)).toBe(true);
});
