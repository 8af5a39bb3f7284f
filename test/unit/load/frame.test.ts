import { describe, expect, it } from 'vitest';
import { internetChecksum, requestFrame } from '../../../src/load/frame.ts';

const parts = {
  sourceMac: Uint8Array.of(2, 0, 0, 0, 0, 1),
  destinationMac: Uint8Array.of(2, 0, 0, 0, 0, 2),
  targetPort: 123,
};

describe('a request frame', () => {
  it('has the lengths and addresses of IPv4 with a 48-octet payload', () => {
    const source = Uint8Array.of(10, 0, 0, 1);
    const target = Uint8Array.of(10, 0, 0, 2);
    const frame = requestFrame({ ...parts, source, target });
    const view = new DataView(frame.buffer);
    expect(frame.length).toBe(90);
    expect(view.getUint16(12)).toBe(0x0800);
    expect(view.getUint16(16)).toBe(76);
    expect([...frame.subarray(26, 34)]).toEqual([...source, ...target]);
    expect(view.getUint16(36)).toBe(123);
    expect(view.getUint16(38)).toBe(56);
  });

  it('has those of IPv6', () => {
    const source = new Uint8Array(16).fill(1);
    const target = new Uint8Array(16).fill(2);
    const frame = requestFrame({ ...parts, source, target });
    const view = new DataView(frame.buffer);
    expect(frame.length).toBe(110);
    expect(view.getUint16(12)).toBe(0x86dd);
    expect(view.getUint16(18)).toBe(56);
    expect([...frame.subarray(22, 54)]).toEqual([...source, ...target]);
    expect(view.getUint16(58)).toBe(56);
  });
});

describe('the Internet checksum', () => {
  it('is that of the example in RFC 1071 §3', () => {
    expect(internetChecksum(Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7))).toBe(~0xddf2 & 0xffff);
  });
});
