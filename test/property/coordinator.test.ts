import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Candidate } from '../../src/core/selection/candidate.ts';
import { NO_INCUMBENTS, select } from '../../src/core/selection/select.ts';
import { candidate } from '../support/candidates.ts';
import { CoordinatorWorld } from '../support/coordinator-world.ts';

const SERVER = '192.0.2.1';

test('no datagram makes the coordinator throw, and only a true answer becomes a sample', () => {
  const octets = fc.uint8Array({ minLength: 0, maxLength: 120 });
  /** Octets of a true reply that are overwritten: where and with what. */
  const edits = fc.array(fc.tuple(fc.nat(47), fc.nat(255)), { maxLength: 6 });
  fc.assert(
    fc.property(fc.array(fc.oneof(octets, edits), { maxLength: 12 }), fc.nat(), (mutations, seed) => {
      const world = new CoordinatorWorld({ seed });
      let next = 0;
      world.addServer(SERVER, {
        tamper: (reply) => {
          const mutation = mutations[next++];
          if (mutation === undefined) return reply;
          if (mutation instanceof Uint8Array) return mutation;
          for (const [at, value] of mutation) reply[at] = value;
          return reply;
        },
      });
      world.runUntil(40);
      for (const mutation of mutations) {
        if (!(mutation instanceof Uint8Array)) continue;
        const { nowLocal, coordinator } = world;
        coordinator.datagramReceived(
          nowLocal,
          1 + (seed % 8),
          mutation,
          mutation.length,
          nowLocal,
          'daemon',
          SERVER,
          123,
        );
      }
      const [source] = world.coordinator.status(world.nowLocal).sources;
      expect(source?.counters['used']).toBeLessThanOrEqual(world.requests.length);
      JSON.stringify(world.coordinator.status(world.nowLocal));
      JSON.stringify(world.coordinator.saveHistory(world.nowLocal));
    }),
    { numRuns: 150 },
  );
});

const anyCandidate = (key: string): fc.Arbitrary<Candidate> =>
  fc
    .record({
      offset: fc.double({ min: -1, max: 1, noNaN: true }),
      radius: fc.double({ min: 1e-4, max: 1, noNaN: true }),
      sigma: fc.double({ min: 1e-7, max: 1e-3, noNaN: true }),
      unfit: fc.constantFrom(null, null, null, 'unreachable' as const),
      prefer: fc.boolean(),
      trust: fc.constantFrom(false, false, false, true),
      leap: fc.nat(2),
    })
    .map(({ offset, radius, sigma, unfit, prefer, trust, leap }) =>
      candidate(key, offset, radius, { offsetSigmaSeconds: sigma, unfit, prefer, trust, leap }),
    );

const anyCandidates = fc
  .integer({ min: 1, max: 8 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => anyCandidate(`source ${index}`))));

test('selection ignores the order of the sources', () => {
  fc.assert(
    fc.property(
      anyCandidates.chain((candidates) =>
        fc.tuple(fc.constant(candidates), fc.shuffledSubarray(candidates, { minLength: candidates.length })),
      ),
      fc.integer({ min: 1, max: 4 }),
      ([ordered, shuffled], minimum) => {
        expect(select(shuffled, minimum, NO_INCUMBENTS)).toEqual(select(ordered, minimum, NO_INCUMBENTS));
      },
    ),
  );
});

test('what is selected is a majority of the fit voters, and the estimate is in nobody’s way', () => {
  fc.assert(
    fc.property(anyCandidates, fc.integer({ min: 1, max: 4 }), (candidates, minimum) => {
      const { chosen, verdicts } = select(candidates, minimum, NO_INCUMBENTS);
      expect(verdicts.size).toBe(candidates.length);
      if (chosen === null) return;
      const fit = candidates.filter((one) => one.unfit === null);
      const voters = fit.some((one) => one.trust) ? fit.filter((one) => one.trust) : fit;
      const agreeing = chosen.agreeing.filter((one) => voters.includes(one));
      expect(chosen.agreeing.length).toBeGreaterThanOrEqual(minimum);
      expect(agreeing.length * 2).toBeGreaterThan(voters.length);
      expect(chosen.survivors.length).toBeGreaterThan(0);
      expect(chosen.agreeing).toEqual(expect.arrayContaining([...chosen.survivors]));
      expect(chosen.shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
      expect(chosen.bound.lowSeconds).toBeLessThanOrEqual(chosen.bound.highSeconds);
    }),
  );
});

test('the bound holds whichever minority lies', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.double({ min: 0.01, max: 1, noNaN: true })), {
        minLength: 1,
        maxLength: 9,
      }),
      fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 }),
      (honest, lies) => {
        // The truth is 0: an honest source's interval holds it, wherever its middle is.
        const right = honest.map(([share, radius], index) =>
          candidate(`right ${index}`, share * radius * 0.999, radius),
        );
        const wrong = lies
          .slice(0, honest.length - 1)
          .map((offset, index) => candidate(`wrong ${index}`, offset, 0.05));
        const { chosen } = select([...right, ...wrong], 1, NO_INCUMBENTS);
        if (chosen === null) return;
        expect(chosen.bound.lowSeconds).toBeLessThanOrEqual(0);
        expect(chosen.bound.highSeconds).toBeGreaterThanOrEqual(0);
      },
    ),
  );
});
