import { expect, test } from 'vitest';
import { PLACE_CHUNK, PLACE_FIRST, PLACE_LATER, replayDelays } from '../../src/native/packet-path.ts';

type Sample = [place: number, delayNs: number, atMs: number];

/** `count` samples a millisecond apart, their delay by a function of the index. */
function samples(place: number, count: number, delayNs: (i: number) => number, fromMs = 0): Sample[] {
  return Array.from({ length: count }, (_, i) => [place, delayNs(i), fromMs + i]);
}

test('nothing is added before a few samples of the place have come', () => {
  expect(
    replayDelays(
      samples(PLACE_FIRST, 4, () => 3000),
      10,
    ).delaysNs[PLACE_FIRST],
  ).toBe(0);
  expect(
    replayDelays(
      samples(PLACE_FIRST, 5, () => 3000),
      10,
    ).delaysNs[PLACE_FIRST],
  ).toBe(3000);
});

test('the median is added, so that a few stragglers do not move it', () => {
  const { delaysNs } = replayDelays(
    samples(PLACE_FIRST, 31, (i) => (i % 4 === 0 ? 40_000 : 2000 + i)),
    40,
  );
  expect(delaysNs[PLACE_FIRST]).toBeGreaterThan(2000);
  expect(delaysNs[PLACE_FIRST]).toBeLessThan(2040);
});

test('the spread is half the central two thirds', () => {
  expect(
    replayDelays(
      samples(PLACE_LATER, 31, (i) => 2000 + 100 * i),
      40,
    ).spreadNs,
  ).toBe(1100);
});

test('places do not answer for each other, but an unknown place of a chunk takes the nearest before it', () => {
  const { delaysNs } = replayDelays(
    [...samples(PLACE_FIRST, 10, () => 3000), ...samples(PLACE_CHUNK + 1, 10, () => 5000)],
    20,
  );
  expect(delaysNs[PLACE_LATER]).toBe(0);
  expect(delaysNs[PLACE_CHUNK]).toBe(0);
  expect(delaysNs[PLACE_CHUNK + 1]).toBe(5000);
  expect(delaysNs[PLACE_CHUNK + 7]).toBe(5000);
});

test('a chunk may have the places that are known, and all of them where no stamps ever come', () => {
  const known = (learned: Sample[], nowMs: number): number => replayDelays(learned, nowMs).chunkPlacesKnown;
  expect(known([], 10)).toBe(8);
  const alone = samples(PLACE_FIRST, 10, () => 3000);
  expect(known(alone, 20)).toBe(0);
  const first = [...alone, ...samples(PLACE_CHUNK, 10, () => 2000)];
  expect(known(first, 20)).toBe(1);
  expect(known([...first, ...samples(PLACE_CHUNK + 2, 10, () => 8000)], 20)).toBe(1);
  expect(known([...first, ...samples(PLACE_CHUNK + 1, 4, () => 5000)], 20)).toBe(1);
  expect(known([...first, ...samples(PLACE_CHUNK + 1, 5, () => 5000)], 20)).toBe(2);
  expect(known(first, 70_000)).toBe(8);
});

test('no more than 50 µs is ever added, and what is no delay teaches nothing', () => {
  expect(
    replayDelays(
      samples(PLACE_FIRST, 10, () => 80_000),
      20,
    ).delaysNs[PLACE_FIRST],
  ).toBe(50_000);
  expect(
    replayDelays(
      samples(PLACE_FIRST, 10, () => -500),
      20,
    ).delaysNs[PLACE_FIRST],
  ).toBe(0);
  expect(
    replayDelays(
      samples(PLACE_FIRST, 10, () => 2e9),
      20,
    ).delaysNs[PLACE_FIRST],
  ).toBe(0);
});

test('what was learned is forgotten after a minute without samples', () => {
  const learned = samples(PLACE_FIRST, 10, () => 3000);
  expect(replayDelays(learned, 60_008).delaysNs[PLACE_FIRST]).toBe(3000);
  expect(replayDelays(learned, 60_010).delaysNs[PLACE_FIRST]).toBe(0);
});

test('a new path replaces the old one within a few samples, a single straggler does not', () => {
  const learned = samples(PLACE_FIRST, 31, () => 3000);
  const straggler = samples(PLACE_FIRST, 1, () => 30_000, 31);
  expect(replayDelays([...learned, ...straggler], 40).delaysNs[PLACE_FIRST]).toBe(3000);
  const moved = samples(PLACE_FIRST, 17, () => 9000, 31);
  expect(replayDelays([...learned, ...moved], 60).delaysNs[PLACE_FIRST]).toBe(9000);
});

test('a path that changes slowly is followed within a second, and noise moves what is added by little', () => {
  const noisy =
    (centre: number): ((i: number) => number) =>
    (i) =>
      centre + ((i * 7919) % 401) - 200;
  const learned = samples(PLACE_FIRST, 2000, noisy(3000));
  const spread = (from: number): number[] =>
    Array.from({ length: 50 }, (_, i) => replayDelays(learned.slice(0, from + 20 * i), from + 20 * i)).map(
      ({ delaysNs }) => delaysNs[PLACE_FIRST] as number,
    );
  const settled = spread(1000);
  expect(Math.max(...settled) - Math.min(...settled)).toBeLessThan(20);
  const moved = samples(PLACE_FIRST, 1500, noisy(3400), 2000);
  expect(Math.abs((replayDelays([...learned, ...moved], 3500).delaysNs[PLACE_FIRST] as number) - 3400)).toBeLessThan(
    30,
  );
});
