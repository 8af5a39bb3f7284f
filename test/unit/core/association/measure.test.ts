import { describe, expect, test } from 'vitest';
import { againstLocal, measure } from '../../../../src/core/association/measure.ts';
import { addSeconds } from '../../../../src/protocol/timestamp.ts';

const epoch = { seconds: 4_004_510_400, fraction: 0x8000_0000 };

function stampAt(seconds: number): { seconds: number; fraction: number } {
  const out = { seconds: 0, fraction: 0 };
  addSeconds(epoch.seconds, epoch.fraction, seconds, out);
  return out;
}

describe('a sample', () => {
  test('has both one-way differences with the sign of RFC 5905 §8', () => {
    // The source is 2 s ahead, the way there takes 30 ms, the way back 10 ms, it keeps the request for 1 ms.
    const stamps = { transmitLocal: 100, rec: stampAt(102.03), xmt: stampAt(102.031), receiveLocal: 100.041 };
    const sample = measure(stamps, epoch, 0, 1e-6);
    expect(sample?.upSeconds).toBeCloseTo(2.03, 9);
    expect(sample?.downSeconds).toBeCloseTo(0.01 - 2, 9);
    expect(sample?.durationSeconds).toBeCloseTo(0.041, 9);
    expect(sample?.atLocal).toBeCloseTo(100.0205, 9);
  });

  test('does not see leap seconds that have passed', () => {
    const stamps = { transmitLocal: 100, rec: stampAt(99.03), xmt: stampAt(99.03), receiveLocal: 100.04 };
    expect(measure(stamps, epoch, -1, 1e-6)?.upSeconds).toBeCloseTo(0.03, 9);
  });

  test('is refused when the round trip is negative beyond what clocks misread', () => {
    const stamps = { transmitLocal: 100, rec: stampAt(100), xmt: stampAt(100.02), receiveLocal: 100.01 };
    expect(measure(stamps, epoch, 0, 1e-6)).toBeNull();
    expect(measure({ ...stamps, xmt: stampAt(100.010001) }, epoch, 0, 1e-6)).not.toBeNull();
    expect(measure({ ...stamps, receiveLocal: 99 }, epoch, 0, 1)).toBeNull();
  });
});

describe('the difference to local time', () => {
  test('is right over the era boundary and up to 2100', () => {
    const before2036 = { seconds: 0xffff_fff0, fraction: 0 };
    expect(againstLocal({ seconds: 4, fraction: 0 }, before2036, 20)).toBe(0);
    const in2100 = { seconds: 2_019_000_000, fraction: 0 };
    expect(againstLocal({ seconds: 2_019_000_007, fraction: 0 }, in2100, 5)).toBe(2);
    // A machine without a clock of its own wakes in 1970 and learns that it is 2026.
    expect(againstLocal({ seconds: 4_004_510_400, fraction: 0 }, { seconds: 2_208_988_800, fraction: 0 }, 0)).toBe(
      1_795_521_600,
    );
  });

  test('keeps nanoseconds after a month', () => {
    const local = 2_678_400.123456789;
    expect(Math.abs(againstLocal(stampAt(local + 1e-8), epoch, local) - 1e-8)).toBeLessThan(1.5e-9);
  });
});
