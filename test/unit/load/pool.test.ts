import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientStride } from '../../../src/load/pool.ts';

describe('the stride over clients', () => {
  it('visits every client once before any a second time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), (clients) => {
        const stride = clientStride(clients);
        const visited = new Set(Array.from({ length: clients }, (_, i) => (i * stride) % clients));
        expect(visited.size).toBe(clients);
        expect(stride).toBeGreaterThanOrEqual(1);
        expect(stride).toBeLessThanOrEqual(clients);
      }),
    );
  });

  it('jumps far: neighbours in time are no neighbours in address', () => {
    for (const clients of [100, 16_384, 1_000_000]) {
      expect(clientStride(clients) / clients).toBeGreaterThan(0.55);
      expect(clientStride(clients) / clients).toBeLessThan(0.68);
    }
  });
});
