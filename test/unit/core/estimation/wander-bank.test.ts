import { describe, expect, it } from 'vitest';
import { WanderBank } from '../../../../src/core/estimation/wander-bank.ts';
import { Variates } from '../../../simulation/support/random.ts';

function run(wander: number): WanderBank {
  const bank = new WanderBank();
  const random = new Variates(7);
  const sigma = 20e-6;
  let x = 0;
  let f = 0;
  bank.start(0, sigma, [{ weight: 1, frequency: 0, sigma: 1e-6 }]);
  for (let i = 0; i < 600; i++) {
    for (let s = 0; s < 64; s++) {
      x += f;
      f += wander * random.normal();
    }
    const measured = x + sigma * random.normal();
    bank.advance(64);
    bank.update(
      (first, step, out, count) => {
        for (let k = 0; k < count; k++) out[k] = Math.exp(-0.5 * ((first + k * step - measured) / sigma) ** 2) / sigma;
      },
      measured - 8 * sigma,
      measured + 8 * sigma,
    );
  }
  return bank;
}

describe('the bank of oscillators', () => {
  it.each([1e-9, 1e-8, 1e-7])('finds a wander of %g by what it foretells', (wander) => {
    const found = Math.sqrt(run(wander).wander);
    expect(found).toBeGreaterThan(wander / 3);
    expect(found).toBeLessThan(wander * 3);
  });

  it('starts anew after a reset', () => {
    const bank = run(1e-7);
    bank.reset();
    bank.start(0, 1e-3, [{ weight: 1, frequency: 0, sigma: 1e-6 }]);
    expect(bank.offset).toBe(0);
    expect(Math.sqrt(bank.varianceOffset)).toBeCloseTo(1e-3, 6);
  });
});
