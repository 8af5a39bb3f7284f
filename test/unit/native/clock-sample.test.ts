import { describe, expect, it } from 'vitest';
import * as sample from '../../../src/native/clock-sample.ts';

describe('a sample of the clocks', () => {
  it('has all four at one instant', () => {
    const row = sample.clockSampleRow();
    sample.sampleClocks(row);
    expect(Math.abs((row[sample.SAMPLE_REAL] as number) - Date.now() / 1000)).toBeLessThan(5);
    for (const word of [sample.SAMPLE_REAL, sample.SAMPLE_MONO, sample.SAMPLE_RAW, sample.SAMPLE_BOOT]) {
      expect(row[word + 1]).toBeGreaterThanOrEqual(0);
      expect(row[word + 1]).toBeLessThan(1e9);
    }
    expect(row[sample.SAMPLE_WINDOW_NS]).toBeGreaterThan(0);
  });

  it('never goes back on the clocks that nobody sets', () => {
    const row = sample.clockSampleRow();
    let last = [0, 0];
    for (let i = 0; i < 100; i++) {
      sample.sampleClocks(row);
      const now = [sample.SAMPLE_MONO, sample.SAMPLE_RAW].map(
        (word) => (row[word] as number) + (row[word + 1] as number) / 1e9,
      );
      expect(now[0]).toBeGreaterThanOrEqual(last[0] as number);
      expect(now[1]).toBeGreaterThanOrEqual(last[1] as number);
      last = now;
    }
  });

  it('knows how finely the system clock can be read', () => {
    const log2 = sample.clockPrecisionLog2();
    expect(log2).toBeLessThan(-10);
    expect(log2).toBeGreaterThanOrEqual(-30);
  });
});
