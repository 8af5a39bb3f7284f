import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EventQueue } from '../../../src/simulate/event-queue.ts';

it('hands out events in order of time, and equal times in the order they came', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (times) => {
      const queue = new EventQueue();
      const seen: [number, number][] = [];
      for (const [order, time] of times.entries()) queue.add(time, () => seen.push([time, order]));
      expect(queue.size).toBe(times.length);
      while (queue.size > 0) {
        const next = queue.nextSeconds;
        queue.take()();
        expect(seen.at(-1)?.[0]).toBe(next);
      }
      const expected = times.map((time, order): [number, number] => [time, order]);
      expected.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
      expect(seen).toEqual(expected);
    }),
  );
});

it('has no next event when it is empty', () => {
  expect(new EventQueue().nextSeconds).toBe(Number.POSITIVE_INFINITY);
});
