import { expect, test } from 'vitest';
import { writeRequest } from '../../../../src/core/association/request.ts';

test('a basic request tells nothing but version, mode, poll and 64 random bits', () => {
  const octets = new Uint8Array(48).fill(0xaa);
  const written = writeRequest(
    new DataView(octets.buffer),
    6,
    { seconds: 0x01020304, fraction: 0x05060708 },
    null,
    null,
  );
  expect(written).toBe(48);
  expect([...octets.subarray(0, 4)]).toEqual([0x23, 0, 6, 0x20]);
  expect([...octets.subarray(4, 40)]).toEqual(new Array(36).fill(0));
  expect([...octets.subarray(40)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test('an interleaved request names the exchange before and carries its own receive word (RFC 9769 §4)', () => {
  const view = new DataView(new ArrayBuffer(48));
  writeRequest(view, -1, { seconds: 1, fraction: 2 }, { seconds: 3, fraction: 4 }, { seconds: 5, fraction: 6 });
  expect(view.getInt8(2)).toBe(-1);
  expect([24, 28, 32, 36, 40, 44].map((at) => view.getUint32(at))).toEqual([3, 4, 5, 6, 1, 2]);
});
