import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  MAC_ALGORITHMS,
  MAC_BAD,
  MAC_UNKNOWN_KEY,
  type MacAlgorithm,
  type SymmetricKey,
} from '../../src/core/server/symmetric-key.ts';
import { KeyRing } from '../../src/native/key-ring.ts';

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const key = (id: number, algorithm: MacAlgorithm, secret: Uint8Array): SymmetricKey => ({ id, algorithm, secret });
const memoryOf = (octets: Uint8Array) => {
  const memory = new Uint8Array(new ArrayBuffer(2048));
  memory.set(octets);
  return memory;
};

describe('a key ring', () => {
  it('digests the key and then the packet, for every hash, as OpenSSL does', () => {
    const secret = bytes('00112233445566778899aabbccddeeff0123');
    const packet = Uint8Array.from({ length: 76 }, (_, i) => (i * 37) & 255);
    for (const algorithm of MAC_ALGORITHMS.filter((name) => !name.endsWith('cmac'))) {
      const memory = memoryOf(packet);
      const ring = new KeyRing(memory, [key(0xfedcba98, algorithm, secret)]);
      const wanted = createHash(algorithm).update(secret).update(packet).digest();
      for (let round = 0; round < 3; round++) {
        expect(ring.seal(0, 76, 0, 3)).toBe(4 + wanted.length);
        expect(Buffer.from(memory.subarray(76, 80)).toString('hex')).toBe('fedcba98');
        expect(Buffer.from(memory.subarray(80, 80 + wanted.length)).equals(wanted)).toBe(true);
      }
      expect(ring.verify(0, 76, 80 + wanted.length, 3)).toBe(0);
    }
  });

  it('computes AES-CMAC as RFC 4493 says', () => {
    const secret = bytes('2b7e151628aed2a6abf7158809cf4f3c');
    const message = bytes(
      '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710',
    );
    for (const [octets, tag] of [
      [16, '070a16b46b4d4144f79bdd9dd04a287c'],
      [40, 'dfa66747de9ae63030ca32611497c827'],
      [64, '51f0bebf7e3b9d92fc49741779363cfe'],
    ] as const) {
      const memory = memoryOf(message);
      const ring = new KeyRing(memory, [key(1, 'aes128-cmac', secret)]);
      expect(ring.seal(0, octets, 0, 4)).toBe(20);
      expect(Buffer.from(memory.subarray(octets + 4, octets + 20)).toString('hex')).toBe(tag);
    }
  });

  it('cuts digests to 20 octets in version 4 and not below', () => {
    const ring = new KeyRing(memoryOf(new Uint8Array(48)), [
      key(9, 'sha512', bytes('00112233')),
      key(3, 'md5', bytes('00112233')),
    ]);
    expect(ring.slotOf(9)).toBe(1);
    expect([ring.macOctets(1, 4), ring.macOctets(1, 3), ring.macOctets(0, 4), ring.macOctets(2, 4)]).toEqual([
      24, 68, 20, 0,
    ]);
  });

  it('tells an unknown key from a bad MAC, at every length', () => {
    const memory = memoryOf(new Uint8Array(48));
    const ring = new KeyRing(memory, [key(7, 'sha1', bytes('00112233'))]);
    const end = 48 + ring.seal(0, 48, 0, 4);
    expect(ring.verify(0, 48, end, 4)).toBe(0);
    for (let octets = 0; octets <= 80; octets++) {
      if (octets === 24) continue;
      expect(ring.verify(0, 48, 48 + octets, 4)).toBe(MAC_BAD);
    }
    for (let at = 0; at < end; at++) {
      memory[at] = (memory[at] as number) ^ 1;
      expect(ring.verify(0, 48, end, 4)).toBe(at >= 48 && at < 52 ? MAC_UNKNOWN_KEY : MAC_BAD);
      memory[at] = (memory[at] as number) ^ 1;
    }
    expect(ring.verify(0, 4096, 8192, 4)).toBe(MAC_BAD);
    expect(ring.seal(0, 2040, 0, 4)).toBe(0);
    expect(ring.seal(0, 48, 1, 4)).toBe(0);
  });

  it('refuses keys that OpenSSL cannot use, without showing them', () => {
    const memory = new Uint8Array(new ArrayBuffer(64));
    expect(() => new KeyRing(memory, [key(7, 'aes256-cmac', bytes('00112233'))])).toThrow(/key 7.*aes256-cmac/);
    expect(() => new KeyRing(memory, [key(7, 'whirl' as MacAlgorithm, bytes('00112233'))])).toThrow(/key 7/);
  });
});
