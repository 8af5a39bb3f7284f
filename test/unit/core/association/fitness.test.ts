import { describe, expect, test } from 'vitest';
import { type Judged, unfitReason } from '../../../../src/core/association/fitness.ts';
import { emptyReply } from '../../../../src/core/association/reply.ts';

const FIT: Judged = {
  options: { noselect: false },
  isDenied: false,
  isOnline: true,
  poll: { isUnreachable: false },
  lastAnswer: emptyReply(),
  lastVerdict: 'used',
};

describe('an association is fit', () => {
  test('when nothing speaks against it', () => {
    expect(unfitReason(FIT, true, false)).toBeNull();
  });

  test('whatever became of a single reply that says nothing about the source', () => {
    for (const lastVerdict of ['delay-long', 'refined', 'near-leap', null] as const) {
      expect(unfitReason({ ...FIT, lastVerdict }, true, false)).toBeNull();
    }
  });
});

describe('an association is not fit', () => {
  test.each([
    ['unsynchronised', 'unsynchronised'],
    ['root-distance', 'unsynchronised'],
    ['stratum', 'stratum'],
    ['loop', 'loop'],
    ['smearing', 'smearing'],
  ] as const)('after an answer that was %s', (lastVerdict, reason) => {
    expect(unfitReason({ ...FIT, lastVerdict }, true, false)).toBe(reason);
  });

  test('before it has samples, or with those of an earlier run alone, and when it is too far away', () => {
    expect(unfitReason(FIT, false, false)).toBe('no-samples');
    expect(unfitReason({ ...FIT, lastAnswer: null }, true, false)).toBe('no-samples');
    expect(unfitReason(FIT, true, true)).toBe('distance');
  });

  test('for the gravest reason of several', () => {
    const worse: Partial<Judged>[] = [
      { lastVerdict: 'loop' },
      { poll: { isUnreachable: true } },
      { isOnline: false },
      { isDenied: true },
      { options: { noselect: true } },
    ];
    let all = FIT;
    const reasons = worse.map((more) => {
      all = { ...all, ...more };
      return unfitReason(all, false, true);
    });
    expect(reasons).toEqual(['loop', 'unreachable', 'offline', 'denied', 'noselect']);
  });
});
