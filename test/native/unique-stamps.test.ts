import { expect, test } from 'vitest';
import { replayStamps } from '../../src/native/packet-path.ts';

const FIRST_SECONDS = 0xeeb0_0000;
const PER_SECOND = 150_000;
const PRECISION_LOG2 = -24;
const UNITS_PER_SECOND = 2 ** 32;

/** Instants `PER_SECOND` times a second, `seconds` long, from `from` seconds on. */
function passage(from: number, seconds: number): number[] {
  return Array.from({ length: seconds * PER_SECOND }, (_, i) => from + (i + Math.random()) / PER_SECOND);
}

/** What is given for instants (in seconds after the first), as units after the first. */
function give(instants: readonly number[], workerIndex = 0, workerBits = 0): Float64Array {
  const words = new Int32Array(2 * instants.length);
  for (const [i, seconds] of instants.entries()) {
    words[2 * i] = FIRST_SECONDS + Math.floor(seconds);
    words[2 * i + 1] = (seconds % 1) * UNITS_PER_SECOND;
  }
  replayStamps(words, workerIndex, workerBits, PRECISION_LOG2);
  return Float64Array.from(
    instants,
    (_, i) =>
      ((words[2 * i] as number) - (FIRST_SECONDS | 0)) * UNITS_PER_SECOND + ((words[2 * i + 1] as number) >>> 0),
  );
}

function repeated(stamps: Float64Array): number {
  return stamps.length - new Set(stamps).size;
}

test('no receive stamp comes twice when the clock goes back, once or again before it has caught up', () => {
  expect(repeated(give([...passage(10, 3), ...passage(11, 3)]))).toBe(0);
  expect(repeated(give([...passage(10, 3), ...passage(11, 1), ...passage(10.5, 4)]))).toBe(0);
  expect(repeated(give([...passage(10, 2), ...passage(10, 2), ...passage(10, 2), ...passage(10, 2)]))).toBe(0);
});

test('nor when listeners with different smears take turns', () => {
  const plain = passage(10, 2);
  const smeared = plain.map((seconds) => seconds + 0.4);
  expect(repeated(give(plain.flatMap((seconds, i) => [seconds, smeared[i] as number])))).toBe(0);
});

test('nor when many packets arrive within the precision', () => {
  expect(repeated(give(new Array(1000).fill(10.5)))).toBe(0);
});

test('a receive stamp is within the precision of its instant, names its worker, and ends in 1', () => {
  const instants = [...passage(10, 1), ...passage(9, 1)];
  const stamps = give(instants, 5, 3);
  const worst = instants.reduce(
    (most, seconds, i) => Math.max(most, Math.abs((stamps[i] as number) / UNITS_PER_SECOND - seconds)),
    0,
  );
  expect(worst).toBeLessThan(2 ** PRECISION_LOG2 * 1.01);
  expect(stamps.every((stamp) => (stamp & 0b1111) === ((5 << 1) | 1))).toBe(true);
});
