import { describe, expect, it } from 'vitest';
import { parseIpPrefix } from '../../../../src/core/server/ip-prefix.ts';
import { compilePrefixes, findIpv4, findIpv6 } from '../../../../src/core/server/prefix-table.ts';

const table = (family: 4 | 6, entries: Record<string, number>) =>
  compilePrefixes(
    family,
    Object.entries(entries).map(([text, value]) => ({ prefix: parseIpPrefix(text), value })),
  );
const ipv4 = (text: string) => parseIpPrefix(text).words[0] | 0;

describe('prefix-table', () => {
  it('gives zero for everything when it is empty', () => {
    expect(findIpv4(table(4, {}), ipv4('10.0.0.1'))).toBe(0);
    expect(findIpv6(table(6, {}), 0, 0, 0, 0)).toBe(0);
  });

  it('joins the values of all prefixes around an address', () => {
    const nested = table(4, { '0.0.0.0/0': 1, '10.0.0.0/8': 2, '10.1.0.0/16': 4, '10.1.2.3/32': 8 });
    expect(findIpv4(nested, ipv4('11.0.0.0'))).toBe(1);
    expect(findIpv4(nested, ipv4('10.2.0.0'))).toBe(3);
    expect(findIpv4(nested, ipv4('10.1.2.4'))).toBe(7);
    expect(findIpv4(nested, ipv4('10.1.2.3'))).toBe(15);
  });

  it('leaves out duplicates and prefixes that add nothing', () => {
    const nested = table(4, { '10.0.0.0/8': 1, '10.1.0.0/16': 1, '10.1.0.0/17': 1 });
    expect(nested.records.length).toBe(8); // the one that matches everything, and 10/8
  });

  it('finds IPv6 prefixes of every length', () => {
    for (let length = 0; length <= 128; length++) {
      const prefix = parseIpPrefix(`2001:db8:89ab:cdef:123:4567:89ab:cdef/${length}`);
      const single = compilePrefixes(6, [
        { prefix, value: 1 },
        { prefix: parseIpPrefix('2001:db8:ffff::/48'), value: 2 },
      ]);
      const [a, b, c, d] = [0x20010db8, 0x89abcdef | 0, 0x01234567, 0x89abcdef | 0];
      expect(findIpv6(single, a, b, c, d) & 1).toBe(1);
      if (length === 0) continue;
      const flip = [a, b, c, d];
      const bit = length - 1;
      flip[bit >> 5] = (flip[bit >> 5] as number) ^ (1 << (31 - (bit & 31)));
      expect(findIpv6(single, ...(flip as [number, number, number, number])) & 1).toBe(0);
    }
  });
});
