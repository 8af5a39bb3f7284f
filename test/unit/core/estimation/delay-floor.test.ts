import { describe, expect, it } from 'vitest';
import { DelayFloor, MOVED_SAMPLES } from '../../../../src/core/estimation/delay-floor.ts';
import { Variates } from '../../../simulation/support/random.ts';

function feed(draw: (random: Variates) => number, count: number, floor: DelayFloor = new DelayFloor()): DelayFloor {
  const random = new Variates(3);
  for (let i = 0; i < count; i++) floor.add(draw(random) + draw(random), 1e-7);
  return floor;
}

describe('the floor of a path', () => {
  it('lies just below the smallest sums where tails are exponential', () => {
    const floor = feed((random) => 1e-3 + 1e-4 * random.exponential(), 400);
    expect(Math.abs(floor.floorSeconds - 1e-3)).toBeLessThan(20e-6);
    expect(floor.meanSeconds).toBeGreaterThan(60e-6);
    expect(floor.meanSeconds).toBeLessThan(150e-6);
  });

  it('lies far below the smallest sums where delays make a hump', () => {
    const floor = feed((random) => 5e-3 + 3e-4 * random.gamma(3), 400);
    expect(floor.floorSeconds).toBeLessThan(5.15e-3);
    expect(floor.floorSeconds).toBeGreaterThan(3.9e-3);
  });

  it('may lie far below a few sums that happen to be alike', () => {
    const floor = new DelayFloor();
    for (const sum of [2.627e-3, 2.323e-3, 2.321e-3]) floor.add(sum, 1e-7);
    expect(floor.edgeSeconds).toBeGreaterThan(1e-5);
    expect(floor.floorSeconds).toBeLessThan(1.159e-3);
  });

  it('is told by the few quick ones when most sums are queued', () => {
    const floor = feed(
      (random) => 5e-3 + 1e-4 * random.exponential() + (random.uniform() < 0.6 ? 5e-3 * random.gamma(2) : 0),
      512,
    );
    expect(floor.floorSeconds).toBeLessThan(5.03e-3);
    expect(floor.floorSeconds).toBeGreaterThan(4.7e-3);
  });

  it('weighs its laws to 1', () => {
    const floor = feed((random) => 1e-3 + 1e-4 * random.gamma(2), 100);
    const total = floor.laws.reduce((sum, law) => sum + law.weight, 0);
    expect(total).toBeGreaterThan(0.8);
    expect(total).toBeLessThanOrEqual(1.000001);
  });

  it('moves up after samples that agree on a longer route, and not for a queue', () => {
    const floor = feed((random) => 1e-3 + 1e-5 * random.exponential(), 200);
    const random = new Variates(9);
    for (let i = 0; i < MOVED_SAMPLES - 1; i++) expect(floor.add(12e-3 + 1e-5 * random.exponential(), 1e-7)).toBe(0);
    expect(floor.add(12e-3, 1e-7)).toBe(MOVED_SAMPLES);
    expect(Math.abs(floor.floorSeconds - 6e-3)).toBeLessThan(50e-6);
    const queued = feed((r) => 1e-3 + 1e-5 * r.exponential(), 200);
    for (let i = 0; i < 40; i++) expect(queued.add(2e-3 + 0.1 * random.uniform(), 1e-7)).toBe(0);
  });

  it('moves down at once for a much shorter route', () => {
    const floor = feed((random) => 6e-3 + 1e-5 * random.exponential(), 200);
    expect(floor.add(2e-3, 1e-7)).toBe(1);
    expect(floor.floorSeconds).toBeLessThanOrEqual(1e-3);
  });

  it('is never negative while sums are not', () => {
    const floor = feed((random) => 0.1 * random.uniform(), 60);
    expect(floor.floorSeconds).toBeGreaterThanOrEqual(0);
  });
});
