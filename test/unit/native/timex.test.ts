import { describe, expect, it } from 'vitest';
import * as timex from '../../../src/native/timex.ts';

describe("the kernel's clock state", () => {
  it('is read without changing anything', () => {
    const row = timex.timexRow();
    row.fill(-1);
    const state = timex.readTimex(row);
    expect(state).toBeGreaterThanOrEqual(0);
    expect(state).toBeLessThanOrEqual(5);
    expect(row[timex.TIMEX_MODES]).toBe(0);
    expect(row[timex.TIMEX_TICK]).toBeGreaterThanOrEqual(9000);
    expect(row[timex.TIMEX_TICK]).toBeLessThanOrEqual(11_000);
    expect(Math.abs((row[timex.TIMEX_TIME_SECONDS] as number) - Date.now() / 1000)).toBeLessThan(5);
  });

  it('wants a row of its own length', () => {
    expect(() => timex.readTimex(new Float64Array(3))).toThrow(TypeError);
  });
});
