import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { LeapFileError, parseLeapFile } from '../../../../src/core/discipline/leap-file.ts';

const sha1 = (octets: Uint8Array): Uint8Array => createHash('sha1').update(octets).digest();

const DATA = `2272060800\t10\t# 1 Jan 1972
2287785600 11 # 1 Jul 1972
2303683200      12      # 1 Jan 1973
`;

function fileWith(data: string, hash?: string): string {
  const digits = `36767174003991593600${data.replace(/#.*/g, '').replace(/\s/g, '')}`;
  const words = sha1(new TextEncoder().encode(digits));
  const view = new DataView(words.buffer, words.byteOffset, words.length);
  const right = [0, 4, 8, 12, 16].map((at) => view.getUint32(at).toString(16)).join(' ');
  return `#\tA comment\n#$\t3676717400\n#@\t3991593600\n${data}#h\t${hash ?? right}\n`;
}

describe('leap-seconds.list', () => {
  test('is read, its hash checked over the digits in file order', () => {
    expect(parseLeapFile(fileWith(DATA), sha1)).toEqual({
      entries: [
        { atSeconds: 2_272_060_800, taiMinusUtc: 10 },
        { atSeconds: 2_287_785_600, taiMinusUtc: 11 },
        { atSeconds: 2_303_683_200, taiMinusUtc: 12 },
      ],
      expirySeconds: 3_991_593_600,
    });
  });

  test('as published until 2026 has the hash that stands in it', () => {
    const digest = new Uint8Array(20);
    const view = new DataView(digest.buffer);
    [0x49db2447, 0x571e5e1b, 0x2f002a53, 0x9c8da8e4, 0x39b8e49e].forEach((word, index) => {
      view.setUint32(4 * index, word);
    });
    const text = fileWith(DATA, '49db2447 571e5e1b 2f002a53 9c8da8e4 39b8e49e');
    expect(parseLeapFile(text, () => digest).entries.length).toBe(3);
  });

  test('hash words without their leading zeros are the same numbers', () => {
    const digest = new Uint8Array(20);
    digest[3] = 0xab;
    expect(parseLeapFile(fileWith(DATA, 'ab 0 0 0 0'), () => digest).entries.length).toBe(3);
  });

  test.each([
    ['a hash that does not fit', fileWith(DATA, '1 2 3 4 5'), /hash does not fit/],
    ['no hash', fileWith(DATA).replace(/#h.*/, ''), /lacks its hash/],
    ['a hash of four words', fileWith(DATA, '1 2 3 4'), /lacks its hash/],
    ['no expiry', fileWith(DATA).replace(/#@.*\n/, ''), /lacks the time/],
    ['no update time', fileWith(DATA).replace(/#\$.*\n/, ''), /lacks the time/],
    ['an expiry that is no number', fileWith(DATA).replace('#@\t3991593600', '#@ soon'), /line 3: expected a number/],
    ['no entries', fileWith(''), /no entries/],
    ['something else', fileWith(`${DATA}hello\n`), /line 7 is not an entry/],
    ['entries out of order', fileWith(`${DATA}2303683200 13\n`), /line 7: entries are not in order/],
    ['a jump of two seconds', fileWith(`${DATA}2335219200 14\n`), /line 7: TAI − UTC changes by more/],
    ['an empty file', '', /lacks the time/],
  ])('with %s is refused', (_what, text, message) => {
    expect(() => parseLeapFile(text, sha1)).toThrow(LeapFileError);
    expect(() => parseLeapFile(text, sha1)).toThrow(message);
  });
});
