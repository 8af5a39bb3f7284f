import fc from 'fast-check';
import { expect, test } from 'vitest';
import { search } from '../../src/load/campaign.ts';
import { Histogram } from '../../src/load/histogram.ts';
import { askNeighbour, readNeighbour, tellNeighbour } from '../../src/load/neighbour.ts';
import { clientAddress, contains, formatAddress, parseAddress, parseNetwork } from '../../src/load/network.ts';
import type { StepResult } from '../../src/load/step-result.ts';

const anyAddress = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
  // Runs of zero words, which IPv6 text shortens.
  fc
    .array(fc.constantFrom(0, 0, 0, 1, 0xff), { minLength: 16, maxLength: 16 })
    .map((octets) => Uint8Array.from(octets)),
);
const anyMac = fc.uint8Array({ minLength: 6, maxLength: 6 });

test('an address is the same after the way to text and back', () => {
  fc.assert(
    fc.property(anyAddress, (octets) => {
      expect(parseAddress(formatAddress(octets))).toEqual(octets);
    }),
  );
});

test('every client lies in its network, and no two are alike', () => {
  fc.assert(
    fc.property(fc.integer({ min: 8, max: 24 }), fc.nat(2 ** 24), fc.nat(200), (prefixBits, base, index) => {
      const first = (((base << 8) >>> 0) & (0xffff_ffff << (32 - prefixBits))) >>> 0;
      const text = `${first >>> 24}.${(first >>> 16) & 255}.${(first >>> 8) & 255}.${first & 255}/${prefixBits}`;
      const network = parseNetwork(text);
      if (network === null) throw new Error(text);
      expect(contains(network, clientAddress(network, index))).toBe(true);
      expect(clientAddress(network, index)).not.toEqual(clientAddress(network, index + 1));
    }),
  );
});

test('no frame makes the reader of neighbours throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), fc.boolean(), (frame, ipv6) => {
      if (frame.length > 22) {
        frame.set(ipv6 ? [0x86, 0xdd] : [0x08, 0x06], 12);
        if (ipv6) frame.set([58, 255], 20);
      }
      const read = readNeighbour(frame);
      if (read !== null) expect(read.mac.length).toBe(6);
    }),
  );
});

test('a question and its answer are understood, whoever asks for what', () => {
  fc.assert(
    fc.property(anyAddress, anyAddress, anyMac, anyMac, (subject, asker, ours, theirs) => {
      fc.pre(subject.length === asker.length);
      const question = readNeighbour(askNeighbour(subject, ours, asker));
      if (question === null) throw new Error('not understood');
      expect(question).toEqual({ kind: 'asks', subject, mac: ours, asker });
      expect(readNeighbour(tellNeighbour(question, theirs))).toMatchObject({ kind: 'tells', subject, mac: theirs });
    }),
  );
});

test('percentiles are those of the sorted values, to three digits', () => {
  const value = fc.oneof(fc.integer({ min: -(10 ** 9), max: 10 ** 11 }), fc.integer({ min: -3000, max: 3000 }));
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 100 }),
      (values, percent) => {
        const histogram = new Histogram();
        for (const each of values) histogram.record(each);
        const sorted = [...values].sort((a, b) => a - b);
        const exact = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] as number;
        expect(Math.abs(histogram.percentile(percent) - exact)).toBeLessThanOrEqual(Math.abs(exact) / 1000);
      },
    ),
    { numRuns: 50 },
  );
});

test('a search ends within its precision of any capacity, whatever single steps lose', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 10, max: 3_000_000 }),
      fc.integer({ min: 4, max: 9 }),
      async (capacity, unlucky) => {
        let steps = 0;
        const { rate } = await search(
          async (offered) => {
            steps++;
            if (steps > 300) throw new Error('no end');
            const loss = steps % unlucky === 0 ? 0.5 : Math.max(0, 1 - capacity / offered);
            return { rate: offered, valid: true, loss, answersPerSecond: offered * (1 - loss) } as StepResult;
          },
          { startRate: 1000, maxRate: 5e6, lossMax: 0.001, precision: 0.02 },
        );
        expect(rate).toBeGreaterThan(capacity * 0.96 - 1);
        expect(rate).toBeLessThan(capacity * 1.002 + 1);
      },
    ),
  );
});
