import { expect, test } from 'vitest';
import * as page from '../../../src/core/server/page.ts';
import { TimePage, unsynchronised } from '../../../src/workers/time-page.ts';

test('a publication leaves an even sequence, a new generation, and every word in its place', () => {
  const time = new TimePage();
  const words = new Int32Array(time.memory);
  time.publish({
    ...unsynchronised(),
    stratum: 5,
    refid: 0xffff_fffe,
    rootDelaySeconds: 0.125,
    leapSign: -1,
    rate: 1e-6,
  });
  expect(words[page.PAGE_SEQUENCE]).toBe(2);
  expect(words[page.PAGE_GENERATION]).toBe(1);
  expect(words[page.PAGE_STRATUM]).toBe(5);
  expect(words[page.PAGE_REFID]).toBe(-2);
  expect(words[page.PAGE_LEAP_SIGN]).toBe(-1);
  const view = new DataView(time.memory);
  expect(view.getFloat64(page.PAGE_ROOT_DELAY * 4, true)).toBe(0.125);
  expect(view.getFloat64(page.PAGE_RATE * 4, true)).toBe(1e-6);
  time.publish(unsynchronised());
  expect(words[page.PAGE_SEQUENCE]).toBe(4);
  expect(words[page.PAGE_GENERATION]).toBe(2);
});
