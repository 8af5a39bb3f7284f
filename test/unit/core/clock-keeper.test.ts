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

  test('the operator’s order ends the waiting, and what is served has the bound of that moment', () => {
    const { keeper, clock } = keeperOf();
    expect(keeper.force(5, [])).toMatch(/^nothing done/);
    expect(keeper.force(5, [candidate('a', 0, 0.01, { stratum: 15 })])).toMatch(/^nothing done: .*stratum 15/);
    keeper.review(6, [candidate('a', 0, 0.01)], 3, true);
    keeper.review(20, [candidate('a', 3, 0.01)], 1, true);
    expect(keeper.force(600, [candidate('a', 3, 0.02)])).toMatch(/^stepped forward by 3/);
    expect(keeper.state).toBe('synchronised');
    expect(keeper.truth.offsetAt(600)).toBe(3);
    expect(keeper.truth.maximumErrorAt(600)).toBeGreaterThanOrEqual(0.02);
    expect(clock.maximumErrorSeconds).toBeGreaterThanOrEqual(0.02);
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

describe('a successor on the same clock, as after a reload', () => {
  const midnight = UNIX_EPOCH_NTP_SECONDS + Date.UTC(2027, 0, 1) / 1000;
  const near = { epoch: { seconds: midnight - 100, fraction: 0 } };

  function armedClock() {
    const armed: number[] = [];
    return { armed, clock: Object.assign(new TestClock(0), { armLeap: (sign: number) => armed.push(sign) }) };
  }

  test('does not take its next correction for the first: it is slewed, and the sum of the steps goes on', () => {
    const { keeper: before, clock } = keeperOf();
    before.review(6, [candidate('a', 3, 0.01)], 3, true);
    before.review(20, [candidate('a', 5, 0.01)], 3, true);
    before.review(55, [candidate('a', 5, 0.01)], 3, true);
    expect(before.discipline.made).toEqual({ isStarted: true, steps: 2, accumulatedSeconds: 2 });
    const { keeper } = keeperOf({ before: before.carried }, clock);
    keeper.review(60, [candidate('a', 5.3, 0.01)], 3, true);
    expect(clock.steps.length).toBe(2);
    expect(keeper.state).toBe('synchronised');
    expect(keeper.discipline.made).toEqual({ isStarted: true, steps: 2, accumulatedSeconds: 2 });
  });

  test('waits with its first selection as any does', () => {
    const { keeper: before, clock } = keeperOf();
    before.review(6, [candidate('a', 0, 0.01)], 3, true);
    const { keeper } = keeperOf({ before: before.carried }, clock);
    keeper.review(8, [candidate('a', 0, 0.01)], 3, false);
    expect(keeper.state).toBe('starting');
  });

  test('does the leap second that its predecessor knew of, before it has measured anything', () => {
    const { armed, clock } = armedClock();
    const { keeper: before } = keeperOf(near, clock);
    before.review(6, [candidate('a', 0, 0.01, { leap: 1 })], 3, true);
    const { keeper, outputs } = keeperOf({ ...near, before: before.carried }, clock);
    keeper.advance(50);
    expect(keeper.truth.variables).toMatchObject({ leap: 3, leapEventSeconds: midnight, leapSign: 1 });
    expect(keeper.leaps.indicator(midnight - 50)).toBe(1);
    keeper.advance(100.00001);
    expect(keeper.leaps.shiftSeconds).toBe(-1);
    expect(keeper.truth.variables.leapSign).toBe(0);
    keeper.advance(107);
    expect(armed).toEqual([1, 0]);
    const codes = outputs.flatMap((output) => (output.kind === 'event' ? [output.code] : []));
    expect(codes).toEqual(['leap-done']);
  });

  test('does not do one again that was done', () => {
    const { keeper: before } = keeperOf(near);
    before.review(6, [candidate('a', 0, 0.01, { leap: 1 })], 3, true);
    before.advance(100.00001);
    const { keeper } = keeperOf({ ...near, before: before.carried });
    keeper.advance(101);
    keeper.advance(110);
    expect(keeper.leaps.shiftSeconds).toBe(0);
    expect(keeper.leaps.event).toBeNull();
  });

  test('takes back what the clock was told when it is to do the leap second itself', () => {
    const { armed, clock } = armedClock();
    const { keeper: before } = keeperOf(near, clock);
    before.review(6, [candidate('a', 0, 0.01, { leap: 1 })], 3, true);
    const synchronization = { ...SYNCHRONIZATION_DEFAULTS, leapMode: 'slew' as const };
    const { keeper } = keeperOf({ ...near, synchronization, before: before.carried }, clock);
    expect(armed).toEqual([1, 0]);
    keeper.advance(100.00001);
    expect(clock.steps.length).toBe(0);
    expect(clock.rates.at(-1)).toBeCloseTo(-500e-6, 9);
  });

  test('takes back what the clock was told when its own list knows better', () => {
    const { armed, clock } = armedClock();
    const { keeper: before } = keeperOf(near, clock);
    before.review(6, [candidate('a', 0, 0.01, { leap: 1 })], 3, true);
    const entries = [{ atSeconds: midnight - 1e8, taiMinusUtc: 37 }];
    const leapFile = { entries, expirySeconds: midnight + 1e7 };
    const { keeper } = keeperOf({ ...near, leapFile, before: before.carried }, clock);
    keeper.advance(50);
    expect(armed).toEqual([1, 0]);
    expect(keeper.truth.variables.leapSign).toBe(0);
  });
});

test('a clock that is served without sources follows the list', () => {
  const midnight = UNIX_EPOCH_NTP_SECONDS + Date.UTC(2027, 0, 1) / 1000;
  const { keeper } = keeperOf({
    epoch: { seconds: midnight - 100, fraction: 0 },
    synchronization: { ...SYNCHRONIZATION_DEFAULTS, localStratum: 5, localWaitSeconds: 0, leapMode: 'step' },
    leapFile: {
      entries: [
        { atSeconds: midnight - 1e8, taiMinusUtc: 37 },
        { atSeconds: midnight, taiMinusUtc: 36 },
      ],
      expirySeconds: midnight + 1e7,
    },
  });
  keeper.advance(0);
  expect(keeper.truth.variables).toMatchObject({ stratum: 5, leap: 2, leapEventSeconds: midnight, leapSign: -1 });
  keeper.advance(99.00001);
  expect(keeper.truth.variables).toMatchObject({ leap: 3, leapSign: 0 });
  expect(keeper.truth.offsetAt(100)).toBe(1);
  keeper.advance(106);
  expect(keeper.truth.variables.leap).toBe(0);
});
