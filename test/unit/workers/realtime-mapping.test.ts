import { expect, test } from 'vitest';
import { CLOCKS_MAPPING_NS, CLOCKS_WORDS } from '../../../src/native/clocks.ts';
import { RealtimeMapping } from '../../../src/workers/realtime-mapping.ts';

/** A reading of the clocks with this difference between them. */
function reading(mappingNs: bigint): Int32Array {
  const clocks = new Int32Array(CLOCKS_WORDS);
  clocks[CLOCKS_MAPPING_NS] = Number(BigInt.asIntN(32, mappingNs));
  clocks[CLOCKS_MAPPING_NS + 1] = Number(mappingNs >> 32n);
  return clocks;
}

const BOOTED = 1_790_000_000_000_000_000n;

test('the error of a reading moves neither mapping nor epoch', () => {
  const mapping = new RealtimeMapping();
  mapping.update(reading(BOOTED));
  const { low, high, epoch } = mapping;
  for (const errorNs of [100n, -100n, 37n, 0n]) mapping.update(reading(BOOTED + errorNs));
  expect(mapping).toMatchObject({ low, high, epoch });
});

test('a clock that was set begins another epoch, however little and in whichever direction', () => {
  const mapping = new RealtimeMapping();
  mapping.update(reading(BOOTED));
  const { epoch } = mapping;
  for (const [i, movedNs] of [101n, -5_000_000_000n, 1n << 33n, 0n].entries()) {
    mapping.update(reading(BOOTED + movedNs));
    expect(mapping.epoch).toBe(epoch + i + 1);
    expect((BigInt(mapping.high) << 32n) + BigInt(mapping.low >>> 0)).toBe(BOOTED + movedNs);
  }
});

test('small errors do not add up to a mapping that has wandered', () => {
  const mapping = new RealtimeMapping();
  mapping.update(reading(BOOTED));
  const { epoch } = mapping;
  for (let step = 1n; step <= 3n; step++) mapping.update(reading(BOOTED + 60n * step));
  expect(mapping.epoch).toBe(epoch + 1); // at 120 ns, from where 180 ns is within the error again
});
