import { describe, expect, it } from 'vitest';
import {
  ipv6Octets,
  ownAddresses,
  ownRefids,
  refidOfAddress,
  resolvedAddress,
} from '../../../src/daemon/own-addresses.ts';

describe('addresses', () => {
  it.each([
    ['::', '00000000000000000000000000000000'],
    ['::1', '00000000000000000000000000000001'],
    ['2001:db8::8:800:200c:417a', '20010db80000000000080800200c417a'],
    ['fe80::1%eth0', 'fe800000000000000000000000000001'],
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
  ])('%s has the octets %s', (address, octets) => {
    expect(Buffer.from(ipv6Octets(address)).toString('hex')).toBe(octets);
  });

  it('are shown by followers as themselves, or as the start of a digest', () => {
    expect(refidOfAddress('192.0.2.1')).toBe(0xc0000201);
    // md5 of the sixteen octets of ::1, as `printf '\0…\1' | md5sum` has it.
    expect(refidOfAddress('::1').toString(16)).toBe('cf404dc8');
  });

  it('of this machine include loopback, which is no sign of a loop', () => {
    expect(ownAddresses()).toContainEqual({ address: '127.0.0.1', loopback: true });
    expect(ownRefids()).not.toContain(0x7f000001);
  });

  it('are ours when we serve them on that port', () => {
    const any = { address: '0.0.0.0', scope: null, port: 123 };
    const one = { address: '127.0.0.1', scope: null, port: 1123 };
    expect(resolvedAddress('127.0.0.1', 123, [any]).isOurs).toBe(true);
    expect(resolvedAddress('127.0.0.1', 1123, [any]).isOurs).toBe(false);
    expect(resolvedAddress('127.0.0.1', 1123, [any, one]).isOurs).toBe(true);
    expect(resolvedAddress('127.0.0.2', 1123, [one]).isOurs).toBe(false);
    expect(resolvedAddress('192.0.2.1', 123, [any])).toEqual({ text: '192.0.2.1', refid: 0xc0000201, isOurs: false });
    expect(resolvedAddress('::1', 123, [any]).isOurs).toBe(false);
  });
});
