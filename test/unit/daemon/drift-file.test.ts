import { describe, expect, it } from 'vitest';
import { formatDrift, parseDrift } from '../../../src/daemon/drift-file.ts';

describe('the drift file', () => {
  it('is read as it is written', () => {
    const drift = { frequency: -49.948259e-6, sigma: 0.120226e-6 };
    const read = parseDrift(formatDrift(drift));
    expect(read.frequency).toBeCloseTo(drift.frequency, 12);
    expect(read.sigma).toBeCloseTo(drift.sigma, 12);
  });

  it("may be another daemon's, without a sigma", () => {
    const { frequency, sigma } = parseDrift('12.5\n');
    expect(frequency).toBeCloseTo(12.5e-6, 12);
    expect(sigma).toBeCloseTo(1e-6, 12);
  });

  it.each([
    ['', 'empty'],
    [' \n', 'empty'],
    ['fast\n', 'two numbers'],
    ['1 2 3\n', 'two numbers'],
    ['NaN 1\n', 'two numbers'],
    ['Infinity 1\n', 'two numbers'],
    ['2000 1\n', 'absurd'],
    ['1 -1\n', 'absurd'],
    ['\u0000\u0000\u0000', 'two numbers'],
  ])('is refused when it holds %j', (text, reason) => {
    expect(() => parseDrift(text)).toThrow(reason);
  });
});
