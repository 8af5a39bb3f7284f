import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildRequest, measure, readReply } from '../../../src/control/query-exchange.ts';
import { addSeconds, type Timestamp } from '../../../src/protocol/timestamp.ts';

const NONCE: Timestamp = { seconds: 0x01020304, fraction: 0xf5060708 };

/** A well-formed reply to NONCE. */
function reply(change: (view: DataView) => void = () => {}): Uint8Array {
  const octets = new Uint8Array(48);
  const view = new DataView(octets.buffer);
  view.setUint8(0, 0x24);
  view.setUint8(1, 2);
  view.setInt8(3, -20);
  view.setUint32(4, 0x8000);
  view.setUint32(8, 0x4000);
  view.setUint32(12, 0xc0000201);
  view.setUint32(24, NONCE.seconds);
  view.setUint32(28, NONCE.fraction);
  view.setUint32(32, 100);
  view.setUint32(40, 100);
  change(view);
  return octets;
}

describe('a request', () => {
  it('says nothing about us', () => {
    const octets = buildRequest(3, NONCE);
    expect(Buffer.from(octets).toString('hex')).toBe(`1b000620${'00'.repeat(36)}01020304f5060708`);
  });
});

describe('a reply', () => {
  it('is read field by field', () => {
    expect(readReply(reply(), NONCE)).toMatchObject({
      leap: 0,
      version: 4,
      stratum: 2,
      precisionLog2: -20,
      rootDelaySeconds: 0.5,
      rootDispersionSeconds: 0.25,
      refid: 0xc0000201,
      rec: { seconds: 100, fraction: 0 },
    });
  });

  it('that answers something else is ignored', () => {
    expect(
      readReply(
        reply((view) => view.setUint32(24, 1)),
        NONCE,
      ),
    ).toBeNull();
    expect(
      readReply(
        reply((view) => view.setUint8(0, 0x23)),
        NONCE,
      ),
    ).toBeNull();
    expect(readReply(reply().subarray(0, 47), NONCE)).toBeNull();
    expect(readReply(new Uint8Array(0), NONCE)).toBeNull();
  });

  it('of arbitrary octets is never more than ignored', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        expect(() => readReply(octets, NONCE)).not.toThrow();
      }),
    );
  });
});

describe('a measurement', () => {
  it('finds offset and delay, in every era', () => {
    for (const start of [3_900_000_000, 0xffff_ffff, 5]) {
      const at = (seconds: number): Timestamp => {
        const time = { seconds: 0, fraction: 0 };
        addSeconds(start, 0x7000_0000, seconds, time);
        return time;
      };
      // The local clock is 2 s behind; 10 ms there, 10 ms back, 1 ms at the server.
      const answer = { ...readReply(reply(), NONCE), rec: at(2.01), xmt: at(2.011) } as NonNullable<
        ReturnType<typeof readReply>
      >;
      const result = measure(at(0), answer, at(0.021), 2 ** -25);
      expect(result.offsetSeconds).toBeCloseTo(2, 8);
      expect(result.delaySeconds).toBeCloseTo(0.02, 8);
      expect(result.residenceSeconds).toBeCloseTo(0.001, 8);
      expect(result.dispersionSeconds).toBeCloseTo(2 ** -20 + 2 ** -25 + 0.021 * 15e-6, 12);
    }
  });
});
