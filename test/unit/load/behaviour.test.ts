import { describe, expect, it } from 'vitest';
import { clientKinds, readBehaviour, readShares } from '../../../src/load/behaviour.ts';

const PLAIN = { mix: 'basic:1', versions: '4:1', spacing: 'constant' };
const count = (kinds: Uint8Array, kind: number): number => kinds.filter((each) => each === kind).length;

describe('shares', () => {
  it('are weights, with or without percent signs, and add up to one', () => {
    expect([...readShares('--mix', 'a:30%,b:10%', ['a', 'b'])]).toEqual([
      ['a', 0.75],
      ['b', 0.25],
    ]);
  });

  it('refuse what is unknown, twice there, or weighs nothing', () => {
    for (const text of ['c:1', 'a:1,a:2', 'a:0', 'a:x', 'a:1:1', '']) {
      expect(() => readShares('--mix', text, ['a', 'b']), text).toThrow(/--mix/);
    }
  });
});

describe('kinds of clients', () => {
  it('come out in exactly the shares asked for, evenly spread', () => {
    const kinds = clientKinds(
      new Map([
        ['basic', 0.7],
        ['interleaved', 0.3],
      ]),
      new Map([
        ['4', 0.5],
        ['3', 0.5],
      ]),
    );
    expect([count(kinds, 12), count(kinds, 4), count(kinds, 3)]).toEqual([300, 350, 350]);
    expect(count(kinds.subarray(0, 100), 12)).toBe(30);
  });

  it('are one entry when all are alike', () => {
    expect([...clientKinds(new Map([['basic', 1]]), new Map([['2', 1]]))]).toEqual([2]);
  });
});

describe('behaviour', () => {
  it('reads a flash crowd and abusers', () => {
    const read = readBehaviour({ ...PLAIN, flashCrowd: '10@2+1.5', abusers: '8:50%', spacing: 'exponential' }, 100);
    expect(read).toMatchObject({
      crowdFactor: 10,
      crowdStartSeconds: 2,
      crowdEndSeconds: 3.5,
      abusers: 8,
      abuserShare: 0.5,
      exponential: true,
    });
  });

  it('refuses what makes no sense', () => {
    expect(() => readBehaviour({ ...PLAIN, flashCrowd: '10' }, 10)).toThrow(/FACTOR@START/);
    expect(() => readBehaviour({ ...PLAIN, flashCrowd: '0@1+1' }, 10)).toThrow(/no crowd/);
    expect(() => readBehaviour({ ...PLAIN, abusers: '11:50' }, 10)).toThrow(/outside/);
    expect(() => readBehaviour({ ...PLAIN, abusers: '5' }, 10)).toThrow(/COUNT:PERCENT/);
    expect(() => readBehaviour({ ...PLAIN, spacing: 'bursty' }, 10)).toThrow(/neither/);
  });
});
