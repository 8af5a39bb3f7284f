import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  isSameKey,
  keyOctets,
  MAC_ALGORITHMS,
  MAC_BAD,
  MAC_UNKNOWN_KEY,
  type SymmetricKey,
} from '../../../../src/core/server/symmetric-key.ts';

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

test('keys are the same by what they hold, not by where it lies', () => {
  const key: SymmetricKey = { id: 1, algorithm: 'sha1', secret: Uint8Array.of(1, 2, 3) };
  expect(isSameKey(key, { ...key, secret: Buffer.of(1, 2, 3) })).toBe(true);
  const others = [{ id: 2 }, { algorithm: 'md5' }, { secret: Uint8Array.of(1, 2) }, { secret: Uint8Array.of(1, 2, 4) }];
  for (const other of others) expect(isSameKey(key, { ...key, ...other } as SymmetricKey)).toBe(false);
  expect([isSameKey(key, undefined), isSameKey(undefined, key), isSameKey(undefined, undefined)]).toEqual([
    false,
    false,
    true,
  ]);
});
