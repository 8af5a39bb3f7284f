import { expect, test } from 'vitest';
import * as phc from '../../../src/core/server/phc-page.ts';
import { type InterfaceLine, PhcPage } from '../../../src/workers/phc-page.ts';

function line(interfaceIndex: number): InterfaceLine {
  return {
    interfaceIndex,
    line: { anchorCardNs: 1_900_000_037_000_000_001n, anchorMonoNs: 5_000_000_007n, rate: -12e-6, errorNs: 400 },
    validMonoNs: 8_000_000_007n,
    nsPerOctet: 0.8,
  };
}

test('a publication leaves an even sequence, the count, and every word in its place', () => {
  const page = new PhcPage();
  page.publish([line(3), line(7)]);
  const view = new DataView(page.memory);
  const at = (word: number): number => 4 * (phc.PHC_FIRST_LINE + phc.PHC_LINE_WORDS + word);
  expect(view.getInt32(4 * phc.PHC_SEQUENCE, true)).toBe(2);
  expect(view.getInt32(4 * phc.PHC_COUNT, true)).toBe(2);
  expect(view.getInt32(at(phc.PHC_LINE_INTERFACE), true)).toBe(7);
  expect(view.getBigInt64(at(phc.PHC_LINE_ANCHOR_CARD_NS), true)).toBe(1_900_000_037_000_000_001n);
  expect(view.getBigInt64(at(phc.PHC_LINE_ANCHOR_MONO_NS), true)).toBe(5_000_000_007n);
  expect(view.getFloat64(at(phc.PHC_LINE_RATE), true)).toBe(-12e-6);
  expect(view.getBigInt64(at(phc.PHC_LINE_VALID_MONO_NS), true)).toBe(8_000_000_007n);
  expect(view.getFloat64(at(phc.PHC_LINE_NS_PER_OCTET), true)).toBe(0.8);
});

test('lines that there is no room for are left out, and none may remain', () => {
  const page = new PhcPage();
  page.publish(Array.from({ length: phc.PHC_LINES + 3 }, (_, i) => line(i)));
  const words = new Int32Array(page.memory);
  expect(words[phc.PHC_COUNT]).toBe(phc.PHC_LINES);
  page.publish([]);
  expect(words[phc.PHC_COUNT]).toBe(0);
  expect(words[phc.PHC_SEQUENCE]).toBe(4);
});
