import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SMEAR_LINEAR, SMEAR_SLEW, smearOffsetSeconds } from '../../src/core/server/smear.ts';
import { loadAddon } from '../../src/native/binding.ts';

const { smearOffset } = loadAddon<{
  smearOffset(kind: number, seconds: number, fraction: number, event: number, sign: number, applied: boolean): number;
}>();
const MIDNIGHT = 3_692_217_600;

test('the addon and TypeScript smear alike, to a nanosecond', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(SMEAR_LINEAR, SMEAR_SLEW),
      fc.integer({ min: -100_000, max: 100_000 }),
      fc.integer({ min: 0, max: 0xffff_ffff }),
      fc.constantFrom(-1, 0, 1),
      fc.boolean(),
      (kind, from, fraction, sign, applied) => {
        const native = smearOffset(kind, MIDNIGHT + from, fraction, MIDNIGHT, sign, applied);
        const event = { eventSeconds: MIDNIGHT, sign, applied };
        expect(Math.abs(native - smearOffsetSeconds(kind, event, MIDNIGHT + from, fraction))).toBeLessThan(1e-9);
      },
    ),
    { numRuns: 5000 },
  );
});
