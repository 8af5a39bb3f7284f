import { expect, test } from 'vitest';
import { decodePhcReading, encodePhcRequest, PHC_READING_OCTETS } from '../../../../src/core/server/phc-reading.ts';

/** `struct ptp_sys_offset_extended` with triples of [seconds, nanoseconds]. */
function reading(...samples: [number, number][][]): DataView {
  const view = new DataView(new ArrayBuffer(PHC_READING_OCTETS));
  view.setUint32(0, samples.length, true);
  for (const [i, sample] of samples.entries()) {
    for (const [j, [seconds, ns]] of sample.entries()) {
      view.setBigInt64(16 + (3 * i + j) * 16, BigInt(seconds), true);
      view.setUint32(16 + (3 * i + j) * 16 + 8, ns, true);
    }
  }
  return view;
}

test('the request names the readings and nothing else', () => {
  const view = new DataView(new ArrayBuffer(PHC_READING_OCTETS));
  view.setUint32(4, 7, true);
  encodePhcRequest(view);
  expect(Array.from(new Uint8Array(view.buffer, 0, 16))).toEqual([10, ...new Array<number>(15).fill(0)]);
});

test('the reading with the smallest window counts, its system time being the middle', () => {
  const best = decodePhcReading(
    reading(
      [
        [100, 0],
        [137, 500],
        [100, 9_000],
      ],
      [
        [100, 999_999_900],
        [138, 20],
        [101, 100],
      ],
      [
        [102, 0],
        [139, 500],
        [102, 3_000],
      ],
    ),
  );
  expect(best).toEqual({ cardNs: 138_000_000_020n, realNs: 101_000_000_000n, windowNs: 200 });
});

test('a reading across a step of the system clock, or none, gives nothing', () => {
  expect(
    decodePhcReading(
      reading([
        [100, 500],
        [137, 0],
        [100, 0],
      ]),
    ),
  ).toBeNull();
  expect(decodePhcReading(reading())).toBeNull();
});
