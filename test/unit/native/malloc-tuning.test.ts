import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { returnFreedMemory } from '../../../src/native/malloc-tuning.ts';

const residentMebi = (): number =>
  Number(/^VmRSS:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;

/** Ends a thread that has so many blocks of memory, of so many MiB each. */
async function endThreadWith(blocks: number, mebi: number): Promise<void> {
  const thread = new Worker(
    `const blocks = Array.from({ length: ${blocks} }, () => new Uint8Array(${mebi} * 2 ** 20).fill(1));
     require('node:worker_threads').parentPort.on('message', () => blocks).postMessage('filled');`,
    { eval: true },
  );
  await once(thread, 'message');
  await thread.terminate();
}

test('a thread that has ended leaves no memory behind, whatever was freed before', async () => {
  returnFreedMemory();
  await endThreadWith(1, 20); // from which malloc would learn to keep 40
  const before = residentMebi();
  await endThreadWith(10, 3);
  expect(residentMebi() - before).toBeLessThan(12);
});
