import { expect, test } from 'vitest';
import { describeRefid, refidAddress, refidFromIpv4, refidFromName, refidName } from '../../../src/protocol/refid.ts';

test('a name is left-justified and zero padded (RFC 5905 §7.3)', () => {
  expect(refidFromName('GPS')).toBe(0x4750_5300);
  expect(refidName(0x4750_5300)).toBe('GPS');
  expect(() => refidFromName('')).toThrow(RangeError);
  expect(() => refidFromName('GALIL')).toThrow(RangeError);
  expect(() => refidFromName('é')).toThrow(RangeError);
});

test('what is no name has none', () => {
  expect(refidName(0)).toBeNull();
  expect(refidName(0x7f7f_0101)).toBeNull();
  expect(refidName(0x4700_5300)).toBeNull();
});

test('an address of IPv4 is its own id', () => {
  expect(refidFromIpv4('192.0.2.1')).toBe(0xc000_0201);
  expect(refidAddress(0xc000_0201)).toBe('192.0.2.1');
  expect(() => refidFromIpv4('192.0.2')).toThrow(RangeError);
  expect(() => refidFromIpv4('192.0.2.256')).toThrow(RangeError);
});

test('the meaning depends on the stratum', () => {
  expect(describeRefid(0x5241_5445, 0)).toBe('RATE');
  expect(describeRefid(0x4750_5300, 1)).toBe('GPS');
  expect(describeRefid(0x4750_5300, 2)).toBe('71.80.83.0');
  expect(describeRefid(0, 0)).toBe('');
});
