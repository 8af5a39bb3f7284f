import { describe, expect, it } from 'vitest';
import { readTarget, resolveTarget } from '../../../src/control/query-target.ts';

describe('targets', () => {
  it('are numeric addresses as they are', async () => {
    expect(await resolveTarget('x', readTarget('[fe80::1%eth0]:1123'), 0)).toEqual({
      name: 'x',
      target: { address: 'fe80::1', port: 1123, interface: 'eth0' },
    });
  });

  it('are names of either family', async () => {
    const { target } = await resolveTarget('localhost', readTarget('localhost'), 4);
    expect(target).toEqual({ address: '127.0.0.1', port: 123 });
  });

  it('keep to the family that is asked for', async () => {
    expect(readTarget('[::1]:1123', 6)).toEqual({ host: '::1', port: 1123 });
    expect(() => readTarget('fe80::1%eth0', 4)).toThrow(expect.objectContaining({ code: 'usage' }));
    expect(() => readTarget('127.0.0.1', 6)).toThrow('127.0.0.1 is an IPv4 address, and -6 asks by IPv6 alone');
    await expect(resolveTarget('x', readTarget('does-not-exist.invalid'), 6)).rejects.toThrow(/has no IPv6 address: /);
  });

  it('that are none are refused', async () => {
    expect(() => readTarget('a:b:c')).toThrow(expect.objectContaining({ code: 'usage' }));
    await expect(resolveTarget('x', readTarget('does-not-exist.invalid'), 0)).rejects.toMatchObject({
      code: 'name-not-found',
    });
  });
});
