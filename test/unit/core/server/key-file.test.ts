import { describe, expect, it } from 'vitest';
import { KeyFileError, parseKeyFile } from '../../../../src/core/server/key-file.ts';

const text = (octets: Uint8Array | undefined) => String.fromCharCode(...(octets ?? []));
const HEX40 = '0123456789abcdef0123456789abcdef01234567';

describe('a key file', () => {
  it("of chrony's form has text, HEX: and ASCII: keys, and MD5 where no type is given", () => {
    const { keys } = parseKeyFile(
      `! comment\n1 tulipsecret\n; comment\n10 SHA1 HEX:${HEX40}\n% c\n4294967295 sha256 ASCII:HEX:something\n7 AES128 HEX:000102030405060708090a0b0c0d0e0f\n`,
      null,
    );
    expect(keys.map(({ id, algorithm }) => [id, algorithm])).toEqual([
      [1, 'md5'],
      [10, 'sha1'],
      [4294967295, 'sha256'],
      [7, 'aes128-cmac'],
    ]);
    expect(text(keys[0]?.secret)).toBe('tulipsecret');
    expect(keys[1]?.secret.length).toBe(20);
    expect(text(keys[2]?.secret)).toBe('HEX:something');
  });

  it("of ntpd's form has literal keys up to 20 characters and hexadecimal ones beyond", () => {
    const { keys } = parseKeyFile(
      `# ntp.keys\n1 M aVerySecretKey\n2 SHA1 ${HEX40} # trailing\n3 AES-128 0123456789abcdef 10.0.0.1,10.0.0.2\n4 AES-256 ${'ab'.repeat(32)}\n`,
      'ntp',
    );
    expect(keys.map(({ id, algorithm, secret }) => [id, algorithm, secret.length])).toEqual([
      [1, 'md5', 14],
      [2, 'sha1', 20],
      [3, 'aes128-cmac', 16],
      [4, 'aes256-cmac', 32],
    ]);
  });

  it('takes a long key for text in one form and for hexadecimal in the other, and asks when it cannot tell', () => {
    const file = `1 SHA1 ${HEX40}\n`;
    expect(parseKeyFile(file, 'chrony').keys[0]?.secret.length).toBe(40);
    expect(parseKeyFile(file, 'ntp').keys[0]?.secret.length).toBe(20);
    expect(() => parseKeyFile(file, null)).toThrow(/say which form/);
  });

  it.each([
    ['0 MD5 secretsecret', /1 to/],
    ['4294967296 MD5 secretsecret', /1 to/],
    ['-1 MD5 secretsecret', /1 to/],
    ['x MD5 secretsecret', /1 to/],
    ['5', /missing/],
    ['5 TIGER secretsecret', /unknown type/],
    ['5 SHA1 HEX:abc', /hexadecimal/],
    ['5 SHA1 HEX:zz', /hexadecimal/],
    ['5 SHA1 HEX:', /hexadecimal/],
    ['5 SHA1 ASCII:', /printable/],
    ['5 AES128 HEX:00', /exactly 16 octets/],
    ['5 MD5 secretsecret\n6 MD5 secretsecret\n5 MD5 secretsecret', /line 3: key 5 was already given in line 1/],
  ])('refuses %j and names the line, never the key', (file, message) => {
    expect(() => parseKeyFile(file, null)).toThrow(message);
    try {
      parseKeyFile(file, null);
    } catch (error) {
      expect(error).toBeInstanceOf(KeyFileError);
      expect(String(error)).not.toContain('secretsecret');
    }
  });

  it('warns of keys that can be guessed', () => {
    expect(parseKeyFile('1 MD5 short', null).warnings).toEqual([
      'line 1: key 1 has only 40 bits; 80 or more resist guessing',
    ]);
  });
});
