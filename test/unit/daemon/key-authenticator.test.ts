import { describe, expect, it } from 'vitest';
import type { MacAlgorithm, SymmetricKey } from '../../../src/core/server/symmetric-key.ts';
import { KeyAuthenticator } from '../../../src/daemon/key-authenticator.ts';

function key(id: number, algorithm: MacAlgorithm, octets: number): SymmetricKey {
  return { id, algorithm, secret: Uint8Array.from({ length: octets }, (_, index) => index + id) };
}

/** A header of version 4, sealed by `sealer`. */
function sealed(sealer: KeyAuthenticator): { octets: Uint8Array; length: number } {
  const octets = new Uint8Array(1280);
  octets[0] = 0x24;
  octets[47] = 9;
  return { octets, length: sealer.seal(octets, 48) };
}

describe("a source's key", () => {
  it.each([
    ['md5', 16, 20],
    ['sha1', 20, 24],
    ['sha256', 32, 24],
    ['aes128-cmac', 16, 20],
  ] as const)('seals and checks with %s', (algorithm, octets, macOctets) => {
    const ours = new KeyAuthenticator(key(10, algorithm, octets));
    const packet = sealed(ours);
    expect(packet.length).toBe(48 + macOctets);
    expect(ours.check(packet.octets, packet.length)).toBe('authentic');
    packet.octets[20] = 1;
    expect(ours.check(packet.octets, packet.length)).toBe('forged');
  });

  it('believes no other key, no missing MAC, no crypto-NAK and no rubbish', () => {
    const ours = new KeyAuthenticator(key(10, 'sha1', 20));
    const other = sealed(new KeyAuthenticator(key(11, 'sha1', 20)));
    expect(ours.check(other.octets, other.length)).toBe('forged');
    const plain = new Uint8Array(100);
    plain[0] = 0x24;
    for (const length of [0, 47, 48, 52, 60, 68, 72, 100]) expect(ours.check(plain, length)).toBe('forged');
    expect(ours.check(new Uint8Array(4000), 4000)).toBe('forged');
  });
});
