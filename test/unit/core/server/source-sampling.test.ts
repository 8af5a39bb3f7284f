import { describe, expect, it } from 'vitest';
import { SLOT_ADDRESS, SLOT_WORDS } from '../../../../src/core/server/slot.ts';
import { SAMPLE, SourceSampling } from '../../../../src/core/server/source-sampling.ts';

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
    sampling.choose(table, SLOTS, Math.floor(first / perSecond));
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

  it('has an abuser among many others pay within two samples for each second', () => {
    for (let seed = 1; seed <= 20; seed++) {
      // 2,000 a second of 128,000, the others each once.
      const sums = paid(seed, 1, 128_000, (i) =>
        i % 64 === 9 ? ['one', ipv4(7)] : ['others', ipv4(Math.imul(i, 0x9e37_79b1))],
      );
      const one = sums.get('one') as { asked: number; paid: number };
      expect(one.asked).toBe(2000);
      expect(Math.abs(one.asked - one.paid)).toBeLessThanOrEqual(6 * SAMPLE);
      const others = sums.get('others') as { asked: number; paid: number };
      expect(Math.abs(others.paid / others.asked - 1)).toBeLessThan(0.02);
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

  it('has nobody pay for another for longer than a second, whatever the rhythm', () => {
    // Two addresses of one count, found by trying: the one always asks seven times after the other asked once.
    let worst = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const pair = colliding(seed);
      const sums = paid(seed, 64, 640, (i) => (i % SAMPLE === 0 ? ['one', ipv4(pair[0])] : ['other', ipv4(pair[1])]));
      const one = sums.get('one') as { asked: number; paid: number };
      const other = sums.get('other') as { asked: number; paid: number };
      expect(one.paid + other.paid).toBe(64 * 640);
      worst = Math.max(worst, Math.abs(other.paid / other.asked - 1));
    }
    // 64 draws of one in eight: an eighth, give or take four deviations of a 24th, in the 7/8 that the other asked.
    expect(worst).toBeLessThan((4 * Math.sqrt(7 / 64 / 64)) / (7 / 8));
  });
});

/** Two IPv4 addresses that one count stands for. */
function colliding(seed: number): [number, number] {
  for (let other = 1; other < 1_000_000; other++) {
    const sums = paid(seed, 1, SLOTS, (i) => (i % SAMPLE === 0 ? ['one', ipv4(0)] : ['other', ipv4(other)]));
    // In a rhythm of eight one of them pays for all if they share a count.
    const [a, b] = [...sums.values()].map((sum) => sum.paid) as [number, number];
    if (a === SLOTS || b === SLOTS) return [0, other];
  }
  throw new Error('there is no such pair');
}
