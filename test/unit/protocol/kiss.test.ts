import { describe, expect, it } from 'vitest';
import { KISS_CODES, kissCode } from '../../../src/protocol/kiss.ts';
import { refidFromName } from '../../../src/protocol/refid.ts';

describe('kiss codes', () => {
  it('are told from other reference ids at stratum 0', () => {
    for (const code of Object.keys(KISS_CODES)) expect(kissCode(refidFromName(code))).toBe(code);
    expect(kissCode(refidFromName('GPS'))).toBeNull();
    expect(kissCode(0)).toBeNull();
    expect(kissCode(0x7f000001)).toBeNull();
  });
});
