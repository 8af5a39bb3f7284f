import { expect, it } from 'vitest';
import { Mixture, type MixturePart } from '../../../../src/core/estimation/mixture.ts';

type Part = MixturePart & { likelihood: number };

function part(offset: number, frequency: number, likelihood = 0): Part {
  const moments = { offset, frequency, varianceOffset: 1, covariance: 0, varianceFrequency: 4, wander: 8 };
  return { ...moments, likelihood, start: () => {}, advance: () => {} };
}

class Two extends Mixture<Part> {
  update(): number {
    return this.learn(({ likelihood }) => likelihood);
  }
}

function momentsOf({ offset, frequency, varianceOffset, covariance, varianceFrequency, wander }: Two): object {
  return { offset, frequency, varianceOffset, covariance, varianceFrequency, wander };
}

it('counts what beliefs differ by as variance, however large the offsets are', () => {
  const two = new Two([part(1e6, -1), part(1e6 + 2, 1)]);
  two.start(0, 1, []);
  expect(momentsOf(two)).toEqual({
    offset: 1e6 + 1,
    frequency: 0,
    varianceOffset: 2,
    covariance: 1,
    varianceFrequency: 5,
    wander: 8,
  });
});

it('goes over to the belief that foretells better, and back to none when it forgets', () => {
  const two = new Two([part(3, 5, -1), part(9, 7, -30)]);
  two.start(0, 1, []);
  // Half of what the better one gave it, and the other nothing.
  expect(two.update()).toBeCloseTo(-1 - Math.LN2, 9);
  for (let i = 0; i < 20; i++) two.update();
  expect(two.update()).toBeCloseTo(-1, 9);
  expect([two.offset, two.frequency, two.varianceOffset, two.varianceFrequency]).toEqual([3, 5, 1, 4]);
  two.reset();
  two.advance(1);
  expect(two.offset).toBe(6);
});
