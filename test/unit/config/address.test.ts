import { expect, it } from 'vitest';
import { canonicalAddress } from '../../../src/config/address.ts';

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['FE80:0::1%eth0', 'fe80::1%eth0'],
  ['::FFFF:192.0.2.1', '192.0.2.1'],
  ['::ffff:c000:201', '192.0.2.1'],
])('spells %s as %s', (text, canonical) => {
  expect(canonicalAddress(text)).toBe(canonical);
});
