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

/** Whether two keys are alike in all that a MAC depends on. */
export function isSameKey(one: SymmetricKey | undefined, other: SymmetricKey | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  const { id, algorithm, secret } = one;
  return (
    id === other.id &&
    algorithm === other.algorithm &&
    secret.length === other.secret.length &&
    secret.every((octet, index) => octet === other.secret[index])
  );
}

/** Octets that a key of this algorithm must have, or 0 where any number will do. */
export function keyOctets(algorithm: MacAlgorithm): number {
  if (algorithm === 'aes128-cmac') return 16;
  return algorithm === 'aes256-cmac' ? 32 : 0;
}

/** Answers of {@link MacPort.verify} that are not a key's slot. */
export const MAC_UNKNOWN_KEY = -1;
export const MAC_BAD = -2;

/** What the core needs of the keys: offsets are octets from the start of the packets' memory. */
export interface MacPort {
  /** The slot of the key that made the MAC at [macAt, end) over [start, macAt); else MAC_UNKNOWN_KEY or MAC_BAD. */
  verify(start: number, macAt: number, end: number, version: number): number;
  /** Octets of a key's MAC in a packet of this version: key id and digest, the digest cut to 20 in version 4. */
  macOctets(slot: number, version: number): number;
}
