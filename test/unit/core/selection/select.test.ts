import { describe, expect, test } from 'vitest';
import { type Candidate, rootDistance, UNFIT_REASONS } from '../../../../src/core/selection/candidate.ts';
import { NO_INCUMBENTS, select } from '../../../../src/core/selection/select.ts';
import { candidate } from '../../../support/candidates.ts';

function states(candidates: readonly Candidate[], minimum: number): Record<string, string> {
  const { verdicts } = select(candidates, minimum, NO_INCUMBENTS);
  return Object.fromEntries([...verdicts].map(([key, { state }]) => [key, state]));
}

const truth = (key: string, change: Partial<Candidate> = {}): Candidate => candidate(key, 0, 1e-3, change);
const liar = (key: string, offset = 0.1, change: Partial<Candidate> = {}): Candidate =>
  candidate(key, offset, 1e-3, change);

describe('who is followed', () => {
  test('a lone source, if one is enough', () => {
    expect(select([truth('a')], 1, NO_INCUMBENTS).chosen?.systemPeer.key).toBe('a');
    const refused = select([truth('a')], 3, NO_INCUMBENTS);
    expect(refused.chosen).toBeNull();
    expect(refused.missing).toBe(2);
    expect(refused.reason).toBe('1 agreeing, minimum-agreeing-sources is 3: 2 missing');
  });

  test('two of three: the third is a falseticker, and why', () => {
    const { chosen, verdicts } = select([truth('a'), truth('b'), liar('c')], 2, NO_INCUMBENTS);
    expect(chosen?.agreeing.map((one) => one.key)).toEqual(['a', 'b']);
    expect(verdicts.get('c')).toEqual({
      state: 'falseticker',
      reason: 'is 100.000 ms from the agreeing sources, its own bound is 1.000 ms',
    });
  });

  test('nobody when two disagree: that is no majority', () => {
    const { chosen, reason } = select([truth('a'), liar('b')], 1, NO_INCUMBENTS);
    expect(chosen).toBeNull();
    expect(reason).toBe('only 1 of 2 usable sources agree, which is no majority');
  });

  test.each([1, 2])('three of five with %i liars', (liars) => {
    const sources = ['a', 'b', 'c', 'd', 'e'].map((key, index) =>
      index < liars ? liar(key, 0.1 * (index + 1)) : truth(key),
    );
    const { chosen } = select(sources, 3, NO_INCUMBENTS);
    expect(chosen?.agreeing.length).toBe(5 - liars);
    expect(Math.abs(chosen?.offsetSeconds ?? 1)).toBeLessThan(1e-6);
  });

  test.each([3, 4])('nobody of five with %i liars that do not agree', (liars) => {
    const sources = ['a', 'b', 'c', 'd', 'e'].map((key, index) =>
      index < liars ? liar(key, 0.1 * (index + 1)) : truth(key),
    );
    expect(select(sources, 3, NO_INCUMBENTS).chosen).toBeNull();
  });

  test('unfit sources do not count', () => {
    const sources = [truth('a'), liar('b', 0.1, { unfit: 'unreachable' }), liar('c', 0.1, { unfit: 'offline' })];
    expect(select(sources, 1, NO_INCUMBENTS).chosen?.agreeing.length).toBe(1);
    expect(states(sources, 1)).toEqual({ a: 'system-peer', b: 'unfit', c: 'unfit' });
  });

  test('no source at all is said', () => {
    expect(select([], 3, NO_INCUMBENTS)).toMatchObject({ chosen: null, reason: 'no source can be used', missing: 3 });
  });

  test.each(UNFIT_REASONS)('"%s" has a sentence', (unfit) => {
    expect(select([truth('a', { unfit })], 1, NO_INCUMBENTS).verdicts.get('a')?.reason).toMatch(/^[a-z].{8,}/);
  });
});

describe('what the operator may say', () => {
  test('prefer: only the preferred among the agreeing are combined', () => {
    expect(states([truth('a'), truth('b', { prefer: true }), truth('c')], 3)).toEqual({
      a: 'unpreferred',
      b: 'system-peer',
      c: 'unpreferred',
    });
  });

  test('a preferred falseticker stays one', () => {
    expect(states([truth('a'), truth('b'), liar('c', 0.1, { prefer: true })], 2)).toMatchObject({ c: 'falseticker' });
  });

  test('trust: sources that disagree with a trusted one are falsetickers, be they many', () => {
    const { chosen } = select([liar('a'), liar('b'), liar('c'), truth('d', { trust: true })], 1, NO_INCUMBENTS);
    expect(chosen?.agreeing.map((one) => one.key)).toEqual(['d']);
  });

  test('require: nothing is selected without it', () => {
    const required = { require: true };
    expect(select([truth('a'), truth('b'), liar('c', 0.1, required)], 2, NO_INCUMBENTS).chosen).toBeNull();
    expect(select([truth('a'), truth('b', required)], 2, NO_INCUMBENTS).chosen).not.toBeNull();
  });
});

describe('no hopping', () => {
  const equals = [truth('a', { offsetSigmaSeconds: 1e-5 }), truth('b', { offsetSigmaSeconds: 0.9e-5 })];

  test('the system peer stays among equals', () => {
    const incumbents = { ...NO_INCUMBENTS, systemPeer: 'a' };
    expect(select(equals, 1, NO_INCUMBENTS).chosen?.systemPeer.key).toBe('b');
    expect(select(equals, 1, incumbents).chosen?.systemPeer.key).toBe('a');
  });

  test('but gives way to one that is far better', () => {
    const better = [
      truth('a', { offsetSigmaSeconds: 1e-4 }),
      truth('b', { offsetSigmaSeconds: 1e-6, delaySeconds: 0 }),
    ];
    expect(select(better, 1, { ...NO_INCUMBENTS, systemPeer: 'a' }).chosen?.systemPeer.key).toBe('b');
  });
});

describe('leap votes', () => {
  test('a strict majority of the agreeing decides', () => {
    const leap = (one: number, two: number, three: number) =>
      select([truth('a', { leap: one }), truth('b', { leap: two }), truth('c', { leap: three })], 2, NO_INCUMBENTS)
        .chosen?.leap;
    expect(leap(1, 1, 0)).toBe(1);
    expect(leap(1, 0, 0)).toBe(0);
    expect(leap(2, 2, 1)).toBe(2);
    expect(leap(1, 2, 0)).toBe(0);
  });
});

test('the root distance is the larger side of the interval', () => {
  expect(rootDistance({ ...truth('a'), lowSeconds: -3, highSeconds: 1 })).toBe(3);
});

describe('sources that smear a leap second', () => {
  test('are falsetickers for that reason when they say so', () => {
    const { verdicts } = select(
      [candidate('a', 0, 0.01), candidate('b', -0.2, 0.01, { unfit: 'smearing' })],
      1,
      NO_INCUMBENTS,
    );
    expect(verdicts.get('b')).toMatchObject({ state: 'falseticker', reason: expect.stringMatching(/smears/) });
  });

  test('are falsetickers for that reason when they are where a smear would have them', () => {
    const others = [candidate('a', 0.1, 0.01), candidate('b', 0.1, 0.01)];
    const smearing = candidate('c', -0.15, 0.01);
    const lying = candidate('d', 0.35, 0.01);
    const { verdicts, chosen } = select([...others, smearing, lying], 2, NO_INCUMBENTS, [-0.25]);
    expect(chosen).toBeNull(); // two of four are no majority, and are heard all the same
    expect(verdicts.get('c')).toMatchObject({ state: 'falseticker', reason: expect.stringMatching(/smears/) });
    expect(verdicts.get('d')).toMatchObject({
      state: 'falseticker',
      reason: expect.stringMatching(/from the agreeing/),
    });
  });
});
