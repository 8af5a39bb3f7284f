import { describe, expect, it } from 'vitest';
import { SLOT_ADDRESS, SLOT_WORDS } from '../../../../src/core/server/slot.ts';
import { SAMPLE, SourceSampling } from '../../../../src/core/server/source-sampling.ts';
import { Xorshift32 } from '../../../../src/core/server/xorshift.ts';

const SLOTS = 64;
type Address = readonly [number, number, number, number];
const ipv4 = (d: number): Address => [0, 0, 0xffff, d | 0];

/** What each source of a stream pays for, by the name it is given. */
function paid(seed: number, seconds: number, perSecond: number, source: (i: number) => [string, Address]) {
  const sampling = new SourceSampling(SLOTS, seed);
  const table = new Int32Array(SLOTS * SLOT_WORDS);
  const names: string[] = new Array(SLOTS);
  const sums = new Map<string, { asked: number; paid: number }>();
  for (let first = 0; first < seconds * perSecond; first += SLOTS) {
    for (let slot = 0; slot < SLOTS; slot++) {
      const [name, address] = source(first + slot);
      names[slot] = name;
      table.set(address, slot * SLOT_WORDS + SLOT_ADDRESS);
    }
    sampling.choose(table, SLOTS);
    for (let slot = 0; slot < SLOTS; slot++) {
      const name = names[slot] as string;
      const sum = sums.get(name) ?? { asked: 0, paid: 0 };
      sums.set(name, { asked: sum.asked + 1, paid: sum.paid + (sampling.shares[slot] as number) });
    }
  }
  return sums;
}

describe('sampling of sources', () => {
  it('has a source that asks alone pay for what it asked, within one sample', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const { asked, paid: sum } = paid(seed, 1, 6400, () => ['one', ipv4(seed)]).get('one') as {
        asked: number;
        paid: number;
      };
      expect(Math.abs(asked - sum)).toBeLessThan(SAMPLE);
    }
  });

  it('has an abuser among many others pay for what it asked, within some samples', () => {
    for (let seed = 1; seed <= 20; seed++) {
      // 2,000 of 128,000; the others once each, 31 of them in the account of the one.
      const sums = paid(seed, 1, 128_000, (i) =>
        i % 64 === 9 ? ['one', ipv4(7)] : ['others', ipv4(Math.imul(i, 0x9e37_79b1))],
      );
      const one = sums.get('one') as { asked: number; paid: number };
      expect(one.asked).toBe(2000);
      expect(Math.abs(one.asked - one.paid)).toBeLessThanOrEqual(6 * SAMPLE);
    }
  });

  it('has all together pay within two samples, however many they are', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const sums = paid(seed, 1, 6400, (i) => ['all', ipv4(0x0a00_0000 + ((i * seed) % 250))]);
      const { asked, paid: sum } = sums.get('all') as { asked: number; paid: number };
      expect(Math.abs(asked - sum)).toBeLessThanOrEqual(2 * SAMPLE);
    }
  });

  it('takes the hosts of an IPv6 subnet for one source, and subnets for different ones', () => {
    const two = (i: number): [string, Address] => [`${i & 1}`, [0x2001_0db8, i & 1, i, Math.imul(i, 77)]];
    for (let seed = 1; seed <= 10; seed++) {
      for (const { asked, paid: sum } of paid(seed, 1, 6400, two).values()) {
        expect(Math.abs(asked - sum)).toBeLessThan(SAMPLE);
      }
    }
  });

  it('has sources of one account pay in proportion', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const pair = colliding(seed);
      const random = new Xorshift32(seed);
      const sums = paid(seed, 256, 640, () => {
        const kind = random.next() & 15;
        if (kind < 8) return ['beside', ipv4(random.next())];
        return kind === 8 ? ['one', ipv4(pair[0])] : ['other', ipv4(pair[1])];
      });
      const one = sums.get('one') as { asked: number; paid: number };
      expect(one.asked).toBeGreaterThan(9000);
      expect(Math.abs(one.paid / one.asked - 1)).toBeLessThan(0.15);
    }
  });
});

/** Two IPv4 addresses that share an account: together they pay at every eighth request, each alone would not. */
function colliding(seed: number): [number, number] {
  for (let other = 1; other < 1_000_000; other++) {
    const sums = paid(seed, 64, SLOTS, (i) => [i & 1 ? 'other' : 'one', ipv4(i & 1 ? other : 0)]);
    const [one] = [...sums.values()] as [{ asked: number; paid: number }];
    if (Math.abs(one.paid - one.asked) > 4 * SAMPLE) return [0, other];
  }
  throw new Error('there is no such pair');
}
