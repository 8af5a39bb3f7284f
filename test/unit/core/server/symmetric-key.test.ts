import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { keyOctets, MAC_ALGORITHMS, MAC_BAD, MAC_UNKNOWN_KEY } from '../../../../src/core/server/symmetric-key.ts';

test('only ciphers ask for a key of a certain length', () => {
  const fixed = MAC_ALGORITHMS.filter((algorithm) => keyOctets(algorithm) > 0);
  expect(fixed.map((algorithm) => [algorithm, keyOctets(algorithm)])).toEqual([
    ['aes128-cmac', 16],
    ['aes256-cmac', 32],
  ]);
});

test('every digest is one that OpenSSL knows by this name', () => {
  const digests = MAC_ALGORITHMS.filter((algorithm) => keyOctets(algorithm) === 0);
  for (const digest of digests) expect(() => createHash(digest), digest).not.toThrow();
});

test('an answer that is no slot is below every slot', () => {
  expect(MAC_UNKNOWN_KEY).toBeLessThan(0);
  expect(MAC_BAD).toBeLessThan(0);
  expect(MAC_BAD).not.toBe(MAC_UNKNOWN_KEY);
});
