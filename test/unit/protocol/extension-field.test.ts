import { expect, test } from 'vitest';
import { macStart, TRAILER_MALFORMED } from '../../../src/protocol/extension-field.ts';
import { field, request } from '../../support/requests.ts';

function start(version: number, trailer: ArrayLike<number>): number {
  const packet = request(version, 3, trailer);
  return macStart(new DataView(packet.buffer), 0, packet.length, version);
}

const zeros = (count: number) => new Uint8Array(count);

test('a bare header has no MAC', () => {
  expect(start(4, [])).toBe(48);
  expect(start(3, [])).toBe(48);
});

test('20 to 24 octets are a MAC, also behind fields (RFC 5905 §7.5, erratum 3627)', () => {
  expect(start(4, zeros(20))).toBe(48);
  expect(start(4, zeros(24))).toBe(48);
  expect(start(4, [...field(0x0104, 36), ...zeros(20)])).toBe(84);
});

test('fields are skipped by their length', () => {
  expect(start(4, field(0x0104, 36))).toBe(84);
  expect(start(4, [...field(0x0104, 16), ...field(0x0204, 100)])).toBe(164);
});

test('a lone zero word is a crypto-NAK, any other lone word is malformed', () => {
  expect(start(4, zeros(4))).toBe(48);
  expect(start(3, zeros(4))).toBe(48);
  expect(start(4, [0, 0, 0, 1])).toBe(TRAILER_MALFORMED);
  expect(start(3, [0, 0, 0, 1])).toBe(TRAILER_MALFORMED);
});

test('a field that is too short, odd, or longer than the packet is malformed (RFC 7822 §3)', () => {
  expect(start(4, zeros(28))).toBe(TRAILER_MALFORMED);
  expect(start(4, [...field(0x0104, 14), ...zeros(14)])).toBe(TRAILER_MALFORMED);
  expect(start(4, [...field(0x0104, 18), ...zeros(10)])).toBe(TRAILER_MALFORMED);
  expect(start(4, field(0x0104, 40).slice(0, 36))).toBe(TRAILER_MALFORMED);
  expect(start(4, [...field(0x0104, 28), ...zeros(8)])).toBe(TRAILER_MALFORMED);
});

test('versions below 4 know no fields: all behind the header is a MAC', () => {
  expect(start(3, field(0x0104, 68))).toBe(48);
  expect(start(2, zeros(12))).toBe(TRAILER_MALFORMED);
});
