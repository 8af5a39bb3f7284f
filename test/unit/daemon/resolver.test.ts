import { describe, expect, it } from 'vitest';
import { resolveName } from '../../../src/daemon/resolver.ts';

describe('resolving', () => {
  it('takes numeric addresses as they are, each in the one form it has', async () => {
    expect(await resolveName('192.0.2.1')).toEqual({ addresses: ['192.0.2.1'] });
    expect(await resolveName('2001:DB8::0:1')).toEqual({ addresses: ['2001:db8::1'] });
    expect(await resolveName('fe80::1%eth0')).toEqual({ addresses: ['fe80::1%eth0'] });
  });

  it('finds each address of a name once', async () => {
    const found = await resolveName('localhost');
    if (!('addresses' in found)) throw new Error(found.reason);
    expect(found.addresses.length).toBeGreaterThan(0);
    expect(new Set(found.addresses).size).toBe(found.addresses.length);
  });

  it('says why there is none', async () => {
    expect(await resolveName('does-not-exist.invalid')).toEqual({ reason: expect.any(String) });
  });
});
