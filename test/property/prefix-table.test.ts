import fc from 'fast-check';
import { describe, it } from 'vitest';
import { prefixMask } from '../../src/core/server/ip-prefix.ts';
import { compilePrefixes, findIpv4, findIpv6, type ValuedPrefix } from '../../src/core/server/prefix-table.ts';

// Few distinct words, so that prefixes nest, touch and repeat.
const word = fc.oneof(
  fc.constantFrom(0, 0x20010db8, 0x0a000000, 0xffffffff, 0x80000000),
  fc.nat(3),
  fc.integer({ min: 0, max: 0xffffffff }),
);
type Words = [number, number, number, number];

function prefixes(family: 4 | 6): fc.Arbitrary<ValuedPrefix[]> {
  return fc.array(
    fc
      .tuple(word, word, word, word, fc.nat(family === 4 ? 32 : 128), fc.integer({ min: 1, max: 3 }))
      .map(([a, b, c, d, length, value]) => {
        const all = family === 4 ? [a, 0, 0, 0] : [a, b, c, d];
        const words = all.map((part, i) => (part & prefixMask(length, i)) >>> 0) as Words;
        return { prefix: { family, words, length, hostBits: false }, value };
      }),
    { maxLength: 60 },
  );
}

/** The value by comparing with every prefix in turn. */
function naive(list: readonly ValuedPrefix[], address: readonly number[]): number {
  let all = 0;
  for (const { prefix, value } of list) {
    const inside = prefix.words.every(
      (part, i) => ((part ^ (address[i] as number)) & prefixMask(prefix.length, i)) === 0,
    );
    if (inside) all |= value;
  }
  return all;
}

describe('a compiled prefix table', () => {
  it('agrees with comparing every prefix, for any list and any address', () => {
    for (const family of [4, 6] as const) {
      fc.assert(
        fc.property(prefixes(family), fc.tuple(word, word, word, word), fc.nat(127), (list, random, bit) => {
          const table = compilePrefixes(family, list);
          const near = list.map(({ prefix }) => {
            const words = [...prefix.words];
            words[bit >> 5] = (words[bit >> 5] as number) ^ (1 << (31 - (bit & 31)));
            return words;
          });
          for (const address of [random, ...near, ...list.map(({ prefix }) => prefix.words)]) {
            const [a, b, c, d] = address as Words;
            const probe = family === 4 ? [a, 0, 0, 0] : [a, b, c, d];
            const found = family === 4 ? findIpv4(table, a | 0) : findIpv6(table, a | 0, b | 0, c | 0, d | 0);
            if (found !== naive(list, probe)) return false;
          }
          return true;
        }),
        { numRuns: 2000 },
      );
    }
  });
});
