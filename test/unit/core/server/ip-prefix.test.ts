import { describe, expect, it } from 'vitest';
import { formatIpPrefix, parseIpPrefix } from '../../../../src/core/server/ip-prefix.ts';

describe('ip-prefix', () => {
  it('reads IPv4 and IPv6, with and without a length', () => {
    expect(parseIpPrefix('192.0.2.0/24')).toEqual({
      family: 4,
      words: [0xc0000200, 0, 0, 0],
      length: 24,
      hostBits: false,
    });
    expect(parseIpPrefix('10.1.2.3')).toMatchObject({ family: 4, words: [0x0a010203, 0, 0, 0], length: 32 });
    expect(parseIpPrefix('2001:db8::1')).toMatchObject({ family: 6, words: [0x20010db8, 0, 0, 1], length: 128 });
    expect(parseIpPrefix('::/0')).toMatchObject({ family: 6, words: [0, 0, 0, 0], length: 0 });
    expect(parseIpPrefix('0.0.0.0/0')).toMatchObject({ family: 4, length: 0 });
  });

  it('takes mapped addresses for IPv4, but not the wider ranges around them', () => {
    expect(parseIpPrefix('::ffff:192.0.2.1')).toMatchObject({ family: 4, words: [0xc0000201, 0, 0, 0], length: 32 });
    expect(parseIpPrefix('::ffff:0:0/96')).toMatchObject({ family: 4, length: 0 });
    expect(parseIpPrefix('::/64')).toMatchObject({ family: 6, length: 64 });
  });

  it('drops host bits and says so', () => {
    const prefix = parseIpPrefix('192.0.2.77/24');
    expect(prefix.hostBits).toBe(true);
    expect(formatIpPrefix(prefix)).toBe('192.0.2.0/24');
    expect(formatIpPrefix(parseIpPrefix('2001:db8::ff/33'))).toBe('2001:db8:0:0:0:0:0:0/33');
  });

  it.each([
    '',
    '10.0.0',
    '10.0.0.256',
    '10.0.0.1.2',
    '10..0.1',
    '.10.0.1',
    '10.0.1.',
    '10.0.0.00',
    '10.0.0.1 ',
    '10.0.0.4294967295',
    '010.0.0.1',
    '10.0.0.0/33',
    '10.0.0.0/',
    '::/129',
    '1::2::3',
    ':1',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8:9',
    '::g',
    'example.org',
    '1.2.3.4/-1',
  ])('refuses %j', (text) => {
    expect(() => parseIpPrefix(text)).toThrow(RangeError);
  });
});
