import { expect, test } from 'vitest';
import { PHC_COUNT } from '../../../src/core/server/phc-page.ts';
import { HardwareClocks, nsPerOctet } from '../../../src/workers/hardware-clocks.ts';

test('an interface without a clock of its own is reported with the reason, and publishes no line', () => {
  const clocks = new HardwareClocks(['lo', 'nowhere0']);
  expect(clocks.reports.map((report) => report.interface)).toEqual(['lo', 'nowhere0']);
  for (const { reason } of clocks.reports) expect(reason).toMatch(/\w/);
  clocks.poll();
  expect(new Int32Array(clocks.page.memory)[PHC_COUNT]).toBe(0);
  clocks.close();
  clocks.close();
});

test('the time of an octet follows from the speed of the link, where that is known', () => {
  expect(nsPerOctet(1000)).toBe(8);
  expect(nsPerOctet(10_000)).toBe(0.8);
  expect(nsPerOctet(-1)).toBe(0);
  expect(nsPerOctet(0)).toBe(0);
});
