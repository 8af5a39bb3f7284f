import { expect, test } from 'vitest';
import { leapOf, modeOf, packLeapVersionMode, versionOf } from '../../../src/protocol/header.ts';

test('the first octet holds leap, version and mode (RFC 5905 §7.3)', () => {
  expect(packLeapVersionMode(0, 4, 3)).toBe(0x23);
  expect(packLeapVersionMode(3, 4, 4)).toBe(0xe4);
  for (let octet = 0; octet < 256; octet++) {
    expect(packLeapVersionMode(leapOf(octet), versionOf(octet), modeOf(octet))).toBe(octet);
  }
});
