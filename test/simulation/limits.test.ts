import { describe, expect, it } from 'vitest';
import { type AddressWords, bootTimes, Gates, ipv4Words } from './support/gates.ts';
import { Variates } from './support/random.ts';
import { fillTables } from './support/table-fill.ts';

/** Seeds, and uptimes of the machine around the wraps of the tables' words of time. */
const WORLDS = [
  { seed: 1, uptime: 0 },
  { seed: 2, uptime: 3_650 },
  { seed: 3, uptime: 30 * 86_400 + 4_000 },
];

const SECONDS = 8;

describe.each(WORLDS)('with the limits that are on by default (seed $seed, uptime $uptime s)', ({ seed, uptime }) => {
  it('1,000 clients behind one address that boot together are answered after the first minute', () => {
    const gates = new Gates(seed, 4);
    const address = ipv4Words(0xcb00_7107);
    const asked = bootTimes(1000, 30, 900, seed);
    let answered = 0;
    for (const { seconds } of asked) if (gates.ask(address, uptime + seconds) && seconds >= 60) answered++;
    const after = asked.filter(({ seconds }) => seconds >= 60).length;
    expect(after).toBeGreaterThan(12_000);
    expect(answered / after).toBeGreaterThanOrEqual(0.999);
  });

  it('none of 5,000 hosts in a flat /64 is limited, though all boot within a minute', () => {
    const gates = new Gates(seed, 4);
    for (const { client, seconds } of bootTimes(5000, 60, 600, seed)) {
      gates.ask([0x2001_0db8, 0, 0, client], uptime + seconds);
    }
    expect(gates.dropped).toBe(0);
    expect(gates.answered).toBeGreaterThan(80_000);
  });

  it.each([1, 4])('abusers beside 10,000 well-behaved clients get their limits, with %d workers', (workers) => {
    const gates = new Gates(seed, workers);
    const variates = new Variates(seed);
    const kinds: { perSecond: number; address: () => AddressWords; limit: number; burst: number; answered: number }[] =
      [
        { perSecond: 2_000, address: () => ipv4Words(0x0a00_0001), limit: 32, burst: 256, answered: 0 },
        {
          perSecond: 50_000,
          address: () => ipv4Words(0x0a00_0100 + Math.floor(variates.uniform() * 256)),
          limit: 8192,
          burst: 65_536,
          answered: 0,
        },
        {
          perSecond: 50_000,
          address: () => [0x2001_0db8, 7, Math.floor(variates.uniform() * 2 ** 32) | 0, 1],
          limit: 8192,
          burst: 65_536,
          answered: 0,
        },
      ];
    let refused = 0;
    const stepsPerSecond = 1000;
    for (let step = 0; step < SECONDS * stepsPerSecond; step++) {
      const now = uptime + step / stepsPerSecond;
      for (const kind of kinds) {
        for (let i = 0; i < kind.perSecond / stepsPerSecond; i++) if (gates.ask(kind.address(), now)) kind.answered++;
      }
      // Each asks once a second.
      for (let i = 0; i < 10; i++) {
        if (!gates.ask(ipv4Words(0x0b00_0000 + ((step * 10 + i) % 10_000)), now)) refused++;
      }
    }
    expect(refused).toBe(0);
    for (const { answered, limit, burst } of kinds) {
      expect(answered).toBeGreaterThanOrEqual(burst + SECONDS * limit - 100);
      expect(answered).toBeLessThanOrEqual(burst + 2 * SECONDS * limit + 2); // twice the limit: what leaks
    }
  });
});

describe('as the tables fill', () => {
  it.each([
    { abusers: 0, forgedPerSecond: 0 },
    { abusers: 50_000, forgedPerSecond: 0 },
    { abusers: 400_000, forgedPerSecond: 0 },
    { abusers: 1_000_000, forgedPerSecond: 0 },
    { abusers: 50_000, forgedPerSecond: 1_000_000 },
    { abusers: 0, forgedPerSecond: 2_000_000 },
  ])('no well-behaved client is limited by mistake ($abusers abusers, $forgedPerSecond forged/s)', (crowd) => {
    const { single, shared, abusers } = fillTables(crowd, 64, 3, 5);
    expect([single.within, shared.within]).toEqual([single.asked, shared.asked]);
    // While there is room for all of them, abusers get what they may; beyond, none gets less.
    if (crowd.abusers > 0) expect(abusers.within / abusers.asked).toBeGreaterThan(0.6);
    if (crowd.abusers === 50_000) expect(abusers.within / abusers.asked).toBeLessThan(0.72);
  });
});
