import { describe, expect, it } from 'vitest';
import {
  ACCESS_DENY,
  ACCESS_IGNORE,
  ACCESS_SERVE,
  compileAccess,
  decideAccess,
} from '../../../../src/core/server/access.ts';
import { parseIpPrefix } from '../../../../src/core/server/ip-prefix.ts';

type Lists = Parameters<typeof compileAccess>;

function decide(text: string, ...lists: Lists): number {
  const { family, words } = parseIpPrefix(text);
  const [a, b, c, d] = family === 4 ? [0, 0, 0xffff, words[0] | 0] : words.map((word) => word | 0);
  return decideAccess(compileAccess(...lists), a as number, b as number, c as number, d as number);
}

describe('access', () => {
  it('serves everyone without lists', () => {
    expect(decide('192.0.2.1', null, null)).toBe(ACCESS_SERVE);
    expect(decide('2001:db8::1', null, null)).toBe(ACCESS_SERVE);
  });

  it('refuses whom the allowlist does not name, with its action', () => {
    const lists: Lists = [{ filter: ['192.0.2.0/24', '2001:db8::/32'], action: 'deny' }, null];
    expect(decide('192.0.2.1', ...lists)).toBe(ACCESS_SERVE);
    expect(decide('192.0.3.1', ...lists)).toBe(ACCESS_DENY);
    expect(decide('2001:db8::1', ...lists)).toBe(ACCESS_SERVE);
    expect(decide('2001:db9::1', ...lists)).toBe(ACCESS_DENY);
  });

  it('lets the denylist win, also over a longer prefix of the allowlist', () => {
    const lists: Lists = [
      { filter: ['10.1.2.0/24', '::/0'], action: 'deny' },
      { filter: ['10.0.0.0/8'], action: 'ignore' },
    ];
    expect(decide('10.1.2.3', ...lists)).toBe(ACCESS_IGNORE);
    expect(decide('11.0.0.1', ...lists)).toBe(ACCESS_DENY);
    expect(decide('2001::', ...lists)).toBe(ACCESS_SERVE);
  });

  it('refuses everyone when the allowlist is empty', () => {
    expect(decide('192.0.2.1', { filter: [], action: 'ignore' }, null)).toBe(ACCESS_IGNORE);
  });

  it('treats mapped addresses as IPv4', () => {
    const lists: Lists = [null, { filter: ['::ffff:192.0.2.0/120'], action: 'ignore' }];
    expect(decide('192.0.2.1', ...lists)).toBe(ACCESS_IGNORE);
    expect(decide('192.0.2.1', null, { filter: ['::/0'], action: 'ignore' })).toBe(ACCESS_SERVE);
  });
});
