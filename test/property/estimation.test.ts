import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ServerFilter } from '../../src/core/estimation/filter.ts';
import { blankEstimate } from '../support/estimates.ts';

const anySeconds = fc.oneof(
  fc.double({ min: -1e-3, max: 1e-3, noNaN: true }),
  fc.double({ min: -1, max: 1, noNaN: true }),
  fc.double({ min: -1e9, max: 1e9, noNaN: true }),
  fc.constant(0),
);
const anySample = fc.record({
  after: fc.oneof(
    fc.constant(16),
    fc.double({ min: 0, max: 2000, noNaN: true }),
    fc.double({ min: 0, max: 1e7, noNaN: true }),
  ),
  offset: anySeconds,
  up: fc.double({ min: -1e-6, max: 10, noNaN: true }),
  down: fc.double({ min: -1e-6, max: 10, noNaN: true }),
});

it('an estimate is finite and its σ positive, whatever samples come', () => {
  fc.assert(
    fc.property(fc.array(anySample, { minLength: 1, maxLength: 60 }), fc.boolean(), (samples, steady) => {
      const filter = new ServerFilter();
      const out = blankEstimate();
      let at = 0;
      for (const sample of samples) {
        at += sample.after;
        const offset = steady ? 0.5 : sample.offset;
        filter.add({
          atLocal: at,
          upSeconds: offset + sample.up,
          downSeconds: sample.down - offset,
          precisionSeconds: 1e-6,
          durationSeconds: sample.up + sample.down,
        });
        for (const ahead of [0, 1, 1000, 1e6]) {
          expect(filter.predict(at + ahead, out)).toBe(true);
          for (const value of Object.values(out)) expect(Number.isFinite(value)).toBe(true);
          expect(out.offsetSigmaSeconds).toBeGreaterThan(0);
          expect(out.frequencySigma).toBeGreaterThan(0);
        }
      }
    }),
    { interruptAfterTimeLimit: 10_000, numRuns: 300 },
  );
});
