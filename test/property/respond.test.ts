import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SLOT_REPLY_LENGTH, SLOT_START, SLOT_WORDS } from '../../src/core/server/slot.ts';
import { field, ResponderBench, request } from '../support/requests.ts';

/** How long to look for counterexamples; CI takes a minute. */
const FUZZ_SECONDS = Number(process.env['NTPD_TS_FUZZ_SECONDS'] ?? 5);

const anyOctets = fc.uint8Array({ maxLength: 2048 });
const anyField = fc
  .tuple(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 80 }))
  .map(([type, length]) => (length < 4 ? [type >> 8, type & 255, 0, length] : field(type, length)));
/** Requests as they are, with fields nested, cut and lengthened, and with octets changed. */
const mutatedRequest = fc
  .record({
    version: fc.integer({ min: 0, max: 7 }),
    mode: fc.integer({ min: 0, max: 7 }),
    fields: fc.array(anyField, { maxLength: 6 }),
    tail: fc.uint8Array({ maxLength: 80 }),
    cut: fc.integer({ min: 0, max: 120 }),
    flips: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
  })
  .map(({ version, mode, fields, tail, cut, flips }) => {
    const whole = request(version, mode, [...fields.flat(), ...tail]);
    const packet = whole.slice(0, cut > 100 ? whole.length - (cut - 100) : whole.length);
    for (const [at, octet] of flips) if (packet.length > 0) packet[at % packet.length] = octet;
    return packet;
  });
const anyRow = fc.record({
  port: fc.integer({ min: 0, max: 65_535 }),
  ageUs: fc.integer({ min: 0, max: 2_000_000 }),
  flags: fc.constantFrom(0, 0, 0, 0, 2, 4),
});

test('no packet throws, writes outside itself, or gets a longer reply; each is one answer or one counted drop', () => {
  const bench = new ResponderBench(3);
  let counted = 0;
  fc.assert(
    fc.property(fc.oneof(anyOctets, mutatedRequest), anyRow, (packet, row) => {
      bench.octets.fill(0x5a);
      bench.place(1, packet, row);
      // Slots 0 and 2 are guards: the table calls the middle slot the first.
      bench.table.copyWithin(0, SLOT_WORDS, 2 * SLOT_WORDS);
      const start = bench.table[SLOT_START] as number;
      bench.responder.answer(1);
      const length = bench.table[SLOT_REPLY_LENGTH] as number;
      expect(length === 0 || length === 48).toBe(true);
      expect(length).toBeLessThanOrEqual(packet.length);
      expect(bench.octets.subarray(0, start).every((octet) => octet === 0x5a)).toBe(true);
      expect(bench.octets.subarray(start + packet.length).every((octet) => octet === 0x5a)).toBe(true);
      counted += 1;
      expect(bench.counters.reduce((sum, count) => sum + count, 0)).toBe(counted);
      if (length > 0) {
        const mode = (packet[0] as number) & 7;
        expect([0, 1, 3]).toContain(mode);
        expect((bench.octets[start] as number) & 7).toBe(mode === 1 ? 2 : 4);
        expect(bench.octets.slice(start + 24, start + 32)).toEqual(packet.slice(40, 48));
        expect(row.port).not.toBe(0);
      }
    }),
    { interruptAfterTimeLimit: FUZZ_SECONDS * 1000, numRuns: Number.MAX_SAFE_INTEGER, markInterruptAsFailure: false },
  );
});
