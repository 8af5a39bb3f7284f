import { describe, expect, it } from 'vitest';
import { DelayModel } from '../../../../src/core/estimation/delay-model.ts';
import { FloorBank } from '../../../../src/core/estimation/floor-bank.ts';
import { WanderBank } from '../../../../src/core/estimation/wander-bank.ts';
import { Variates } from '../../../simulation/support/random.ts';

const MEAN = 1e-3;
const EDGE = 10e-3;
const START = [{ weight: 1, frequency: 0, sigma: 1e-9 }];

/** A path that never came near its floor, so that sums tell too high a one; then one that does, either way. */
function run(bank: { take(delays: DelayModel): void }): void {
  const random = new Variates(5);
  const delays = new DelayModel();
  for (let i = 0; i < 240; i++) {
    const most = i < 200 ? 0.12 * MEAN : 0;
    const up = EDGE + most + MEAN * random.exponential();
    const down = EDGE + most + MEAN * random.exponential();
    delays.take(i % 8 === 7 ? EDGE + 0.01 * MEAN : up, i % 8 === 3 ? EDGE + 0.01 * MEAN : down, 1e-7, 0, 1e-5);
    bank.take(delays);
  }
}

describe('the bank of floors', () => {
  it('doubts an offset that one floor makes sure of and another does not', () => {
    const floors = new FloorBank();
    const nominal = new WanderBank();
    floors.start(0, MEAN, START);
    nominal.start(0, MEAN, START);
    run({
      take: (delays) => {
        floors.advance(64);
        floors.update(delays);
        nominal.advance(64);
        nominal.update(delays.byDelays[0] as never, delays.low, delays.high);
      },
    });
    expect(Math.abs(floors.offset)).toBeLessThan(4 * Math.sqrt(floors.varianceOffset));
    expect(floors.varianceOffset).toBeGreaterThan(nominal.varianceOffset);
  });

  it('starts anew after a reset', () => {
    const floors = new FloorBank();
    floors.start(0, MEAN, START);
    run({ take: (delays) => floors.update(delays) });
    floors.reset();
    floors.start(7, MEAN, START);
    expect(floors.offset).toBeCloseTo(7, 12);
    expect(Math.sqrt(floors.varianceOffset)).toBeCloseTo(MEAN, 9);
  });
});
