import { describe, expect, it } from 'vitest';
import { Direction } from '../../../src/simulate/link.ts';
import { RandomStream } from '../../../src/simulate/random-stream.ts';
import type { DirectionOptions } from '../../../src/simulate/scenario.ts';

function arrivals(options: DirectionOptions, sent = 2000): number[][] {
  const direction = new Direction(options, true, new RandomStream(1), new RandomStream(2));
  return Array.from({ length: sent }, (_, at) => {
    const seen: number[] = [];
    direction.carry(at, 4000, (arrival) => seen.push(arrival - at));
    return seen;
  });
}

describe('Direction', () => {
  it('delays by its base and its parts', () => {
    const parts = [{ shape: 'constant', seconds: 0.25 } as const];
    expect(arrivals({ base: 0.5, parts }, 1)).toEqual([[0.75]]);
  });

  it('never delivers before it was sent', () => {
    for (const [delay] of arrivals({ parts: [{ shape: 'normal', sigma: 1 }] })) expect(delay).toBeGreaterThanOrEqual(0);
  });

  it('loses the stated share, and more in a window', () => {
    const lost = (seen: number[][]): number => seen.filter(({ length }) => length === 0).length / seen.length;
    expect(lost(arrivals({ losses: [{ probability: 0.33 }] }))).toBeCloseTo(0.33, 1);
    const outage = arrivals({ losses: [{ probability: 1, from: 100, until: 300 }] });
    expect(lost(outage.slice(100, 300))).toBe(1);
    expect(lost(outage.slice(300))).toBe(0);
  });

  it('duplicates and holds back', () => {
    const seen = arrivals({ base: 1, duplication: 0.5, duplicateDelay: 2, reordering: 0.25, reorderDelay: 10 });
    expect(seen.filter(({ length }) => length === 2).length / seen.length).toBeCloseTo(0.5, 1);
    expect(seen.filter(([first]) => first === 11).length / seen.length).toBeCloseTo(0.25, 1);
    expect(seen.every(([first, second]) => second === undefined || second === (first as number) + 2)).toBe(true);
  });
});
