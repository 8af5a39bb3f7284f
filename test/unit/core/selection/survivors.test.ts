import { describe, expect, test } from 'vitest';
import { intersect } from '../../../../src/core/selection/intersect.ts';
import { findSurvivors } from '../../../../src/core/selection/survivors.ts';
import { candidate } from '../../../support/candidates.ts';

const nobody = new Set<string>();

function survivors(candidates: ReturnType<typeof candidate>[], incumbents: ReadonlySet<string> = nobody): string[] {
  return findSurvivors(candidates, candidates, intersect(candidates, null).region, incumbents).map((one) => one.key);
}

describe('survivors', () => {
  test('a source with a wide interval and its middle elsewhere is an outlier', () => {
    expect(survivors([candidate('a', 0, 1e-3), candidate('vague', 0.4, 0.9, { offsetSigmaSeconds: 1e-4 })])).toEqual([
      'a',
    ]);
  });

  test('among three and more, the one far from the middle of the others leaves', () => {
    const close = { offsetSigmaSeconds: 1e-6, delaySeconds: 1e-5 };
    const four = [
      candidate('a', 0, 1e-3, close),
      candidate('b', 1e-6, 1e-3, close),
      candidate('c', -1e-6, 1e-3, close),
      candidate('d', 2e-4, 1e-3, close),
    ];
    expect(survivors(four)).toEqual(['a', 'b', 'c']);
  });

  test('who is in already leaves later', () => {
    const close = { offsetSigmaSeconds: 1e-6, delaySeconds: 0 };
    const at = (key: string, offset: number) => candidate(key, offset, 1e-3, close);
    const four = [at('a', 0), at('b', 0), at('c', 0), at('d', 5e-6)];
    expect(survivors(four)).toEqual(['a', 'b', 'c']);
    expect(survivors(four, new Set(['d']))).toEqual(['a', 'b', 'c', 'd']);
  });

  test('liars with narrow intervals do not cut the region to their own measure', () => {
    const close = { offsetSigmaSeconds: 1e-5 };
    const five = [
      candidate('a', 0, 2e-3, close),
      candidate('b', 0, 2e-3, close),
      candidate('c', 0, 2e-3, close),
      candidate('x', 1.1e-3, 1e-3, close),
      candidate('y', 1.1e-3, 1e-3, close),
    ];
    expect(survivors(five)).toEqual(['a', 'b', 'c']);
  });

  test('the middle is that of all voters, also of the right one that was left out by a hair', () => {
    const close = { offsetSigmaSeconds: 1e-5 };
    const voters = [
      candidate('a', 0, 1.7e-3, close),
      candidate('c', 0, 1.2e-3, close),
      candidate('e', 0, 1.7e-3, close),
      candidate('x', 2.8e-3, 1.5e-3, close),
      candidate('y', 2.8e-3, 1.5e-3, close),
    ];
    const truechimers = voters.filter((one) => one.key !== 'c');
    const found = findSurvivors(truechimers, voters, { lowSeconds: 1.3e-3, highSeconds: 1.7e-3 }, nobody);
    expect(found.map((one) => one.key)).toEqual(['a', 'e']);
  });

  test('there is always one', () => {
    const apart = [
      candidate('a', 0, 1, { offsetSigmaSeconds: 1e-9 }),
      candidate('b', 1.5, 1, { offsetSigmaSeconds: 1e-8 }),
    ];
    expect(survivors(apart)).toEqual(['a']);
    expect(survivors([candidate('a', 0, 1)])).toEqual(['a']);
  });
});
