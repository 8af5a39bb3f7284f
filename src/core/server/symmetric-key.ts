/** Keyed digests of NTP's MACs (RFC 5905 §7.3, RFC 8573), by the names that this program uses. */
export const MAC_ALGORITHMS = [
  'md5',
  'sha1',
  'sha256',
  'sha384',
  'sha512',
  'sha3-224',
  'sha3-256',
  'sha3-384',
  'sha3-512',
  'aes128-cmac',
  'aes256-cmac',
] as const;
export type MacAlgorithm = (typeof MAC_ALGORITHMS)[number];

/** A shared secret. Never to be printed: whoever shows a key shows its id and algorithm. */
export interface SymmetricKey {
  /** 1 to 2^32 − 1. */
  readonly id: number;
  readonly algorithm: MacAlgorithm;
  readonly secret: Uint8Array;
}

/** Octets that a key of this algorithm must have, or 0 where any number will do. */
export function keyOctets(algorithm: MacAlgorithm): number {
  if (algorithm === 'aes128-cmac') return 16;
  return algorithm === 'aes256-cmac' ? 32 : 0;
}
