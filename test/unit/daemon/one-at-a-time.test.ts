import { expect, test } from 'vitest';
import { OneAtATime } from '../../../src/daemon/one-at-a-time.ts';

/** Work whose runs the test ends: each returns its number. */
function manualWork() {
  const ends: ((failure?: Error) => void)[] = [];
  const work = new OneAtATime(
    () =>
      new Promise<number>((resolve, reject) => {
        const number = ends.length;
        ends.push((failure) => (failure === undefined ? resolve(number) : reject(failure)));
      }),
  );
  return { work, ends };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('who asks while it runs shares the next run with all who ask then', async () => {
  const { work, ends } = manualWork();
  const first = work.run();
  await settle();
  const later = [work.run(), work.run()];
  await settle();
  expect(ends.length).toBe(1);
  ends[0]?.();
  await settle();
  expect(ends.length).toBe(2);
  const last = work.run();
  ends[1]?.();
  await settle();
  ends[2]?.();
  expect(await Promise.all([first, ...later, last])).toEqual([0, 1, 1, 2]);
});

test('a run that fails fails for those who asked for it alone', async () => {
  const { work, ends } = manualWork();
  const first = work.run();
  await settle();
  const second = work.run();
  ends[0]?.(new Error('no'));
  await expect(first).rejects.toThrow('no');
  await settle();
  ends[1]?.();
  expect(await second).toBe(1);
});
