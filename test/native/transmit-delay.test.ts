import { expect, test } from 'vitest';
import { type DelaySample, PLACE_CHUNK, PLACE_FIRST, PLACE_LATER, replayDelays } from '../../src/native/packet-path.ts';

/** `count` replies that asked, a millisecond apart, their delay by a function of the index. */
function samples(place: number, count: number, delayNs: (i: number) => number, fromMs = 0): DelaySample[] {
  return Array.from({ length: count }, (_, i) => ({ place, askedNs: delayNs(i), atMs: fromMs + i }));
}

test('nothing is added before a few samples of the place have come', () => {
  expect(
    replayDelays(
      samples(PLACE_FIRST, 4, () => 3000),
      10,
    ).askedNs[PLACE_FIRST],
  ).toBe(0);
  expect(
    replayDelays(
      samples(PLACE_FIRST, 5, () => 3000),
      10,
    ).askedNs[PLACE_FIRST],
  ).toBe(3000);
});

test('the median is added, so that a few stragglers do not move it', () => {
  const { askedNs } = replayDelays(
    samples(PLACE_FIRST, 31, (i) => (i % 4 === 0 ? 40_000 : 2000 + i)),
    40,
  );
  expect(askedNs[PLACE_FIRST]).toBeGreaterThan(2000);
  expect(askedNs[PLACE_FIRST]).toBeLessThan(2040);
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
  const { askedNs } = replayDelays(
    [...samples(PLACE_FIRST, 10, () => 3000), ...samples(PLACE_CHUNK + 1, 10, () => 5000)],
    20,
  );
  expect(askedNs[PLACE_LATER]).toBe(0);
  expect(askedNs[PLACE_CHUNK]).toBe(0);
  expect(askedNs[PLACE_CHUNK + 1]).toBe(5000);
  expect(askedNs[PLACE_CHUNK + 7]).toBe(5000);
});

test('a chunk may have the places that are known, and all of them where no stamps ever come', () => {
  const known = (learned: DelaySample[], nowMs: number): number => replayDelays(learned, nowMs).chunkPlacesKnown;
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
    ).askedNs[PLACE_FIRST],
  ).toBe(50_000);
  expect(
    replayDelays(
      samples(PLACE_FIRST, 10, () => -500),
      20,
    ).askedNs[PLACE_FIRST],
  ).toBe(0);
  expect(
    replayDelays(
      samples(PLACE_FIRST, 10, () => 2e9),
      20,
    ).askedNs[PLACE_FIRST],
  ).toBe(0);
});

test('what was learned is forgotten after a minute without samples', () => {
  const learned = samples(PLACE_FIRST, 10, () => 3000);
  expect(replayDelays(learned, 60_008).askedNs[PLACE_FIRST]).toBe(3000);
  expect(replayDelays(learned, 60_010).askedNs[PLACE_FIRST]).toBe(0);
});

test('a new path replaces the old one within a few samples, a single straggler does not', () => {
  const learned = samples(PLACE_FIRST, 31, () => 3000);
  const straggler = samples(PLACE_FIRST, 1, () => 30_000, 31);
  expect(replayDelays([...learned, ...straggler], 40).askedNs[PLACE_FIRST]).toBe(3000);
  const moved = samples(PLACE_FIRST, 17, () => 9000, 31);
  expect(replayDelays([...learned, ...moved], 60).askedNs[PLACE_FIRST]).toBe(9000);
});

test('a path that changes slowly is followed within a second, and noise moves what is added by little', () => {
  const noisy =
    (centre: number): ((i: number) => number) =>
    (i) =>
      centre + ((i * 7919) % 401) - 200;
  const learned = samples(PLACE_FIRST, 2000, noisy(3000));
  const spread = (from: number): number[] =>
    Array.from({ length: 50 }, (_, i) => replayDelays(learned.slice(0, from + 20 * i), from + 20 * i)).map(
      ({ askedNs }) => askedNs[PLACE_FIRST] as number,
    );
  const settled = spread(1000);
  expect(Math.max(...settled) - Math.min(...settled)).toBeLessThan(20);
  const moved = samples(PLACE_FIRST, 1500, noisy(3400), 2000);
  expect(Math.abs((replayDelays([...learned, ...moved], 3500).askedNs[PLACE_FIRST] as number) - 3400)).toBeLessThan(30);
});

/** `count` turns of a reply that asked and a plain one. */
function turns(place: number, count: number, fromMs = 0): DelaySample[] {
  return Array.from({ length: count }, (_, i) => fromMs + i).flatMap((atMs): DelaySample[] => [
    { place, askedNs: 3300, restNs: 2200, atMs },
    { place, plainCallNs: 3700, atMs },
  ]);
}

test('a plain reply leaves before its call returns, by the time that follows a stamp', () => {
  const { askedNs, plainNs } = replayDelays(turns(PLACE_FIRST, 10), 20);
  expect(askedNs[PLACE_FIRST]).toBe(3300);
  expect(plainNs[PLACE_FIRST]).toBe(3700 - 2200);
});

test('nothing is added to a plain reply while one of the two is missing', () => {
  for (const missing of ['askedNs', 'plainCallNs']) {
    const without = turns(PLACE_FIRST, 10).filter((sample) => !(missing in sample));
    expect(replayDelays(without, 20).plainNs[PLACE_FIRST]).toBe(0);
  }
});

test('a plain reply of a chunk takes the nearest known place before its own', () => {
  const { plainNs } = replayDelays([...turns(PLACE_CHUNK, 10), ...samples(PLACE_CHUNK + 1, 10, () => 9000)], 20);
  expect(plainNs[PLACE_CHUNK + 1]).toBe(1500);
});

test('a plain reply never leaves later than one that asks, nor before the reading', () => {
  const with_ = (plainCallNs: number): number | undefined =>
    replayDelays(
      turns(PLACE_FIRST, 10).map((sample) => ('plainCallNs' in sample ? { ...sample, plainCallNs } : sample)),
      20,
    ).plainNs[PLACE_FIRST];
  expect(with_(9000)).toBe(3300);
  expect(with_(500)).toBe(0);
});

test('the spread is also that of plain replies: of their calls, less what follows the departure', () => {
  const scattered = (restNs: (i: number) => number): number =>
    replayDelays(
      Array.from({ length: 31 }, (_, i): DelaySample[] => [
        { place: PLACE_FIRST, askedNs: 3300, restNs: restNs(i), atMs: i },
        { place: PLACE_FIRST, plainCallNs: 6000 + 50 * i, atMs: i },
      ]).flat(),
      40,
    ).spreadNs;
  expect(scattered(() => 2200)).toBe(550);
  expect(scattered((i) => 2200 + 30 * i)).toBe(440);
  expect(scattered((i) => 2200 + 60 * i)).toBe(0);
});
