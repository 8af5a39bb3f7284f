import { expect, test } from 'vitest';
import {
  CLOCKS_MAPPING_NS,
  CLOCKS_MONO_NS,
  CLOCKS_REAL_FRACTION,
  CLOCKS_REAL_SECONDS,
  CLOCKS_WORDS,
  readClocks,
} from '../../../src/native/clocks.ts';
import { UNIX_EPOCH_NTP_SECONDS } from '../../../src/protocol/timestamp.ts';

function read(): { monoNs: bigint; mappingNs: bigint; realSeconds: number } {
  const words = new Int32Array(new ArrayBuffer(CLOCKS_WORDS * 4));
  readClocks(words);
  const view = new DataView(words.buffer);
  return {
    monoNs: view.getBigInt64(4 * CLOCKS_MONO_NS, true),
    mappingNs: view.getBigInt64(4 * CLOCKS_MAPPING_NS, true),
    realSeconds:
      view.getUint32(4 * CLOCKS_REAL_SECONDS, true) + view.getUint32(4 * CLOCKS_REAL_FRACTION, true) / 2 ** 32,
  };
}

test('the monotonic clock is the one that Node reads', () => {
  const before = process.hrtime.bigint();
  const { monoNs } = read();
  expect(monoNs).toBeGreaterThanOrEqual(before);
  expect(monoNs).toBeLessThanOrEqual(process.hrtime.bigint());
});

test('the realtime clock is the monotonic one and the mapping, as NTP time', () => {
  const { monoNs, mappingNs, realSeconds } = read();
  expect(Number(monoNs + mappingNs) / 1e9 + UNIX_EPOCH_NTP_SECONDS - realSeconds).toBeCloseTo(0, 5);
  expect(Math.abs(realSeconds - UNIX_EPOCH_NTP_SECONDS - Date.now() / 1000)).toBeLessThan(5);
});

test('the mapping is read alike again and again', () => {
  const all = Array.from({ length: 100 }, () => Number(read().mappingNs - read().mappingNs));
  expect(all.map(Math.abs).toSorted((a, b) => a - b)[50]).toBeLessThan(1000);
});
