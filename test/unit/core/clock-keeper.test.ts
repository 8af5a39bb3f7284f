import { describe, expect, test } from 'vitest';
import { ClockKeeper } from '../../../src/core/clock-keeper.ts';
import { type CoordinatorOptions, SYNCHRONIZATION_DEFAULTS } from '../../../src/core/coordinator-options.ts';
import type { Output } from '../../../src/core/coordinator-output.ts';
import { UNIX_EPOCH_NTP_SECONDS } from '../../../src/protocol/timestamp.ts';
import { candidate } from '../../support/candidates.ts';
import { TestClock, WORLD_START } from '../../support/coordinator-world.ts';

function keeperOf(change: Partial<CoordinatorOptions> = {}, clock = new TestClock(0)) {
  const outputs: Output[] = [];
  const options: CoordinatorOptions = {
    sources: [],
    synchronization: { ...SYNCHRONIZATION_DEFAULTS, minimumAgreeingSources: 1 },
    epoch: { seconds: WORLD_START, fraction: 0 },
    timescaleId: 'test',
    timescaleOriginSeconds: 0,
    precisionSeconds: 1e-6,
    drift: null,
    leapFile: null,
    history: null,
    logs: { measurements: false, statistics: false, tracking: false },
    ...change,
  };
  return { keeper: new ClockKeeper(options, clock, (output) => outputs.push(output)), clock, outputs };
}

describe('following', () => {
  test('waits while the first selection should, then serves exactly what was chosen', () => {
    const { keeper } = keeperOf();
    const one = candidate('a', 0.3, 0.01, { frequency: 2e-6 });
    keeper.review(5, [one], 3, false);
    expect(keeper.state).toBe('starting');
    keeper.review(6, [one], 1, true);
    expect(keeper.state).toBe('synchronised');
    expect(keeper.truth.variables.line).toEqual({ atLocal: 6, offsetSeconds: 0.3, frequency: 2e-6 });
    expect(keeper.lastUpdateLocal).toBe(6);
  });

  test('nothing is done again without a new sample', () => {
    const { keeper } = keeperOf();
    keeper.review(6, [candidate('a', 0.3, 0.01)], 3, true);
    const { generation } = keeper.truth.variables;
    keeper.review(7, [candidate('a', 0.3001, 0.01)], 0, true);
    expect(keeper.truth.variables.generation).toBe(generation);
    keeper.review(8, [candidate('a', 0.3001, 0.01)], 1, true);
    expect(keeper.truth.variables.generation).toBeGreaterThan(generation);
  });

  test('a reference at stratum 15 leaves no stratum for us', () => {
    const { keeper } = keeperOf();
    keeper.review(6, [candidate('a', 0.3, 0.01, { stratum: 15 })], 3, true);
    expect(keeper.state).toBe('starting');
    expect(keeper.reason).toMatch(/stratum 15/);
  });

  test('a jump of all sources keeps what was served until it has held', () => {
    const { keeper } = keeperOf();
    keeper.review(6, [candidate('a', 0, 0.01)], 3, true);
    keeper.review(20, [candidate('a', 3, 0.01)], 1, true);
    expect(keeper.state).toBe('holdover');
    expect(keeper.truth.offsetAt(20)).toBe(0);
    keeper.review(40, [candidate('a', 3, 0.01)], 1, true);
    keeper.review(55, [candidate('a', 3, 0.01)], 1, true);
    expect(keeper.truth.offsetAt(55)).toBe(3);
    expect(keeper.state).toBe('synchronised');
  });

  test('the clock is told the bound with what it has still to be slewed by', () => {
    const { keeper, clock } = keeperOf();
    keeper.review(6, [candidate('a', 0, 0.01)], 3, true);
    keeper.review(20, [candidate('a', 0.2, 0.01)], 1, true);
    expect(clock.maximumErrorSeconds).toBeGreaterThanOrEqual(0.21);
    expect(clock.isSynchronised).toBe(true);
  });
});

describe('deadlines', () => {
  test('the kernel’s bound is stated again as often as it needs', () => {
    const clock = Object.assign(new TestClock(0), { errorsLastSeconds: 1 });
    const { keeper } = keeperOf({}, clock);
    keeper.review(6, [candidate('a', 0, 0.01)], 3, true);
    expect(keeper.nextLocal(6)).toBe(7);
    clock.maximumErrorSeconds = 0;
    keeper.advance(7);
    expect(clock.maximumErrorSeconds).toBeGreaterThan(0.01);
    expect(keeper.nextLocal(7)).toBe(8);
  });

  test('the withdrawal is due when the bound reaches max-distance', () => {
    const { keeper } = keeperOf();
    keeper.review(6, [candidate('a', 0, 0.01)], 3, true);
    const due = keeper.nextLocal(6);
    expect(due).toBeGreaterThan(60_000);
    keeper.advance(due - 1);
    expect(keeper.state).toBe('synchronised');
    keeper.advance(due + 1);
    expect(keeper.state).toBe('withdrawn');
  });

  test('a clock with leap seconds of its own is armed, and not stepped by us', () => {
    const armed: number[] = [];
    const clock = Object.assign(new TestClock(0), { armLeap: (sign: number) => armed.push(sign) });
    const midnight = UNIX_EPOCH_NTP_SECONDS + Date.UTC(2027, 0, 1) / 1000;
    const { keeper, outputs } = keeperOf({ epoch: { seconds: midnight - 100, fraction: 0 } }, clock);
    keeper.review(6, [candidate('a', 0, 0.01, { leap: 1 })], 3, true);
    expect(armed).toEqual([1]);
    expect(keeper.nextLocal(6)).toBeCloseTo(95, 5);
    clock.push(-1);
    keeper.advance(100.00001);
    // The kernel does it at its own next tick: disarmed before that, it would not.
    expect(armed).toEqual([1]);
    keeper.advance(106);
    expect(armed).toEqual([1, 0]);
    expect(clock.steps).toEqual([]);
    expect(keeper.truth.offsetAt(100)).toBe(-1);
    expect(outputs.filter((output) => output.kind === 'event').map((event) => event.code)).toContain('leap-done');
  });
});
