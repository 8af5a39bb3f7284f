import { describe, expect, it } from 'vitest';
import { parseAddress, parseNetwork } from '../../../src/load/network.ts';
import { readClientCount, readClients, readNumber, refuseStrangers } from '../../../src/load/plan.ts';
import { clientStride } from '../../../src/load/pool.ts';

const address = (text: string): Uint8Array => parseAddress(text) as Uint8Array;

describe('numbers', () => {
  it('may be scaled by k and M', () => {
    const limits = { min: 0, max: 1e9 };
    expect(['1500', '20k', '0.5M', '1e3'].map((text) => readNumber('--rate', text, limits))).toEqual([
      1500, 20_000, 500_000, 1000,
    ]);
  });

  it('are refused outside their limits, naming the option', () => {
    for (const text of ['', 'x', '-1', '2k', '1.5', '0x10', '1kk', 'Infinity']) {
      expect(() => readNumber('--n', text, { min: 1, max: 1000, whole: true }), text).toThrow(/--n: /);
    }
  });
});

describe('clients', () => {
  it('are as many as asked for, else 16,384 or what fits', () => {
    const network = parseNetwork('10.9.0.0/24');
    const large = parseNetwork('10.8.0.0/13');
    if (network === null || large === null) throw new Error('no network');
    expect(readClientCount(undefined, network)).toBe(254);
    expect(readClientCount(undefined, large)).toBe(16_384);
    expect(readClientCount('500k', large)).toBe(500_000);
    expect(() => readClientCount('255', network)).toThrow(/--client-count/);
  });

  it('of strangers need leave', () => {
    expect(() => readClients('8.0.0.0/8', address('10.0.0.1'), false)).toThrow(/--i-own-this-network/);
    expect(readClients('8.0.0.0/8', address('10.0.0.1'), true).prefixBits).toBe(8);
  });

  it('ask in an order that visits every one', () => {
    for (const clients of [1, 2, 3, 64, 100, 16_384]) {
      const stride = clientStride(clients);
      const visited = new Set(Array.from({ length: clients }, (_, i) => (i * stride) % clients));
      expect(visited.size, String(clients)).toBe(clients);
    }
  });
});

describe('a target', () => {
  it('that may be a stranger gets a hundred requests a second and no more without leave', () => {
    expect(() => refuseStrangers(address('192.0.2.1'), 100, false)).not.toThrow();
    expect(() => refuseStrangers(address('192.0.2.1'), 100.1, false)).toThrow(/--i-own-this-server/);
    expect(() => refuseStrangers(address('192.0.2.1'), 1e6, true)).not.toThrow();
    expect(() => refuseStrangers(address('10.0.0.1'), 1e6, false)).not.toThrow();
  });
});
