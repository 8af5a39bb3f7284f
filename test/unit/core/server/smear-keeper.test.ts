import { describe, expect, it } from 'vitest';
import {
  isSmearing,
  SMEAR_LATE,
  SMEAR_LINEAR,
  SMEAR_ON_TIME,
  SMEAR_TAKEN_BACK,
  SMEAR_UNKNOWN,
} from '../../../../src/core/server/smear.ts';
import { SmearKeeper, type SmearMemory, type SmearRecord } from '../../../../src/core/server/smear-keeper.ts';

/** 2026-12-31 24:00 UTC. */
const MIDNIGHT = 4_007_750_400;
const NOON = MIDNIGHT - 43_200;

function memory(known: SmearRecord | null): SmearMemory & { readonly remembered: [number, SmearRecord][] } {
  const remembered: [number, SmearRecord][] = [];
  return {
    remembered,
    recall: (eventSeconds) => (eventSeconds === MIDNIGHT ? known : null),
    remember: (eventSeconds, record) => void remembered.push([eventSeconds, record]),
  };
}

describe('the keeper of leap seconds', () => {
  it('keeps one over the leap until every smear of it has ended', () => {
    const keeper = new SmearKeeper();
    keeper.update(NOON - 100, 0, MIDNIGHT, 1, true);
    expect(keeper).toMatchObject({ sign: 1, eventSeconds: MIDNIGHT, applied: false, lateness: SMEAR_ON_TIME });
    keeper.update(MIDNIGHT - 1, 100, 0, 0, true);
    expect(keeper.applied).toBe(true);
    keeper.update(MIDNIGHT + 10, 0, 0, 0, true);
    keeper.update(MIDNIGHT + 43_000, 0, 0, 0, true);
    expect(keeper.sign).toBe(1);
    expect(isSmearing(SMEAR_LINEAR, keeper, MIDNIGHT + 43_000, 0)).toBe(true);
    keeper.update(MIDNIGHT + 62_501, 0, 0, 0, true);
    expect(keeper.sign).toBe(0);
  });

  it('says that one learned after noon, while time was served, is late', () => {
    const keeper = new SmearKeeper();
    keeper.update(NOON + 3500, 0, 0, 0, true);
    keeper.update(NOON + 3600, 0, MIDNIGHT, -1, true);
    expect(keeper).toMatchObject({ sign: -1, lateness: SMEAR_LATE });
  });

  it('forgets one that is taken back', () => {
    const keeper = new SmearKeeper();
    keeper.update(NOON - 100, 0, MIDNIGHT, 1, true);
    keeper.update(NOON - 99, 0, 0, 0, true);
    expect(keeper.sign).toBe(0);
  });

  it('does not jump back from the line when one is taken back within the smear, nor onto it when it is announced again', () => {
    const seen = memory(null);
    const keeper = new SmearKeeper(seen);
    keeper.update(NOON - 100, 0, MIDNIGHT, 1, true);
    keeper.update(NOON + 20_000, 0, MIDNIGHT, 1, true);
    keeper.update(NOON + 20_001, 0, 0, 0, true);
    expect(keeper).toMatchObject({ sign: 1, applied: false, lateness: SMEAR_TAKEN_BACK });
    expect(seen.remembered.at(-1)).toEqual([MIDNIGHT, { sign: 0, lateness: SMEAR_ON_TIME }]);
    keeper.update(MIDNIGHT + 10, 0, 0, 0, true);
    expect(keeper).toMatchObject({ applied: false, lateness: SMEAR_TAKEN_BACK });
    keeper.update(MIDNIGHT + 43_202, 0, 0, 0, true);
    expect(keeper).toMatchObject({ sign: 0, lateness: SMEAR_ON_TIME });

    const again = new SmearKeeper();
    again.update(NOON - 100, 0, MIDNIGHT, 1, true);
    again.update(NOON + 20_000, 0, 0, 0, true);
    again.update(NOON + 20_100, 0, MIDNIGHT, 1, true);
    expect(again).toMatchObject({ sign: 1, applied: false, lateness: SMEAR_LATE });
    again.update(MIDNIGHT - 1, 100, 0, 0, true);
    expect(again).toMatchObject({ sign: 1, applied: true, lateness: SMEAR_LATE });
  });

  it('remembers what it serves, once, also that there is no leap second', () => {
    const seen = memory(null);
    const keeper = new SmearKeeper(seen);
    for (const seconds of [NOON - 10, NOON + 10, NOON + 20]) keeper.update(seconds, 0, 0, 0, true);
    keeper.update(NOON + 30, 0, MIDNIGHT, 1, true);
    keeper.update(NOON + 40, 0, MIDNIGHT, 1, true);
    expect(seen.remembered).toEqual([
      [MIDNIGHT, { sign: 0, lateness: SMEAR_ON_TIME }],
      [MIDNIGHT, { sign: 1, lateness: SMEAR_LATE }],
    ]);
  });
});

describe('after a start within the smear', () => {
  it('goes on on the line when the leap second is ahead and was not served otherwise', () => {
    for (const known of [null, { sign: 1, lateness: SMEAR_ON_TIME }] as const) {
      const keeper = new SmearKeeper(memory(known));
      keeper.update(NOON + 50, 0, MIDNIGHT, 1, false); // nothing is known while there is no time
      expect(keeper.sign).toBe(0);
      keeper.update(NOON + 60, 0, MIDNIGHT, 1, true);
      expect(keeper).toMatchObject({ sign: 1, applied: false, lateness: SMEAR_ON_TIME });
    }
  });

  it('does not begin one that the process before did not serve', () => {
    for (const known of [
      { sign: 0, lateness: SMEAR_ON_TIME },
      { sign: 1, lateness: SMEAR_LATE },
    ] as const) {
      const keeper = new SmearKeeper(memory(known));
      keeper.update(NOON + 60, 0, MIDNIGHT, 1, true);
      expect(keeper.lateness).toBe(SMEAR_LATE);
    }
  });

  it.each([1, -1])('goes on on the line after the leap second too (%d)', (sign) => {
    const keeper = new SmearKeeper(memory({ sign, lateness: SMEAR_ON_TIME }));
    keeper.update(MIDNIGHT + 3600, 0, 0, 0, true);
    expect(keeper).toMatchObject({ eventSeconds: MIDNIGHT, sign, applied: true, lateness: SMEAR_ON_TIME });
    keeper.update(MIDNIGHT + 62_502, 0, 0, 0, true);
    expect(keeper.sign).toBe(0);
  });

  it('says that it does not know where nobody knows whether there was one, until any smear would have ended', () => {
    const keeper = new SmearKeeper(memory(null));
    keeper.update(MIDNIGHT + 3600, 0, 0, 0, true);
    expect(keeper.lateness).toBe(SMEAR_UNKNOWN);
    expect(isSmearing(SMEAR_LINEAR, keeper, MIDNIGHT + 43_000, 0)).toBe(true);
    expect(isSmearing(SMEAR_LINEAR, keeper, MIDNIGHT + 43_201, 0)).toBe(false);
  });

  it('serves as ever where it is known that there was none, on other days, and after the smear', () => {
    const none = new SmearKeeper(memory({ sign: 0, lateness: SMEAR_ON_TIME }));
    none.update(MIDNIGHT + 3600, 0, 0, 0, true);
    const later = new SmearKeeper(memory(null));
    later.update(MIDNIGHT + 62_501, 0, 0, 0, true);
    const otherDay = new SmearKeeper(memory(null));
    otherDay.update(MIDNIGHT + 86_400 + 3600, 0, 0, 0, true);
    expect([none.sign, later.sign, otherDay.sign]).toEqual([0, 0, 0]);
  });
});
