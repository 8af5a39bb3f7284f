import { afterEach, expect, test } from 'vitest';
import { DEFAULT_POLICY } from '../../src/core/server/listener-policy.ts';
import type { ServingThreads } from '../../src/workers/serving-threads.ts';
import { TimePage } from '../../src/workers/time-page.ts';
import { eventually } from '../support/run.ts';
import { BuiltServingThreads, closeAll } from '../support/server-pool.ts';

afterEach(closeAll);

/** No thread that serves, and the spare. */
function open(): ServingThreads {
  const page = new TimePage();
  return new BuiltServingThreads(0, undefined, () => ({ page: page.memory, listeners: [DEFAULT_POLICY] }));
}

test('a spare that is lost while it waits is followed by another', async () => {
  const threads = open();
  try {
    await eventually('there is a spare', () => threads.hasSpare || undefined);
    const [first] = threads.ids;
    await threads.terminate(first as number);
    await eventually('it is missed', () => !threads.hasSpare || undefined);
    await eventually('there is another', () => threads.hasSpare || undefined);
    expect(threads.ids).toHaveLength(1);
    expect(threads.ids).not.toContain(first);
  } finally {
    await threads.close();
  }
});

test('none is prepared any more once it is to end', async () => {
  const threads = open();
  await eventually('there is a spare', () => threads.hasSpare || undefined);
  await threads.close();
  expect(threads.ids).toEqual([]);
});
