/** The symmetric-key MAC: a key id of four octets and a digest (RFC 5905 §7.3, RFC 8573). */

export const KEY_ID_OCTETS = 4;
/** Key id and a digest of 16 octets (MD5, AES-CMAC). */
export const MAC_OCTETS_MIN = 20;
/** Key id and a digest of 20 octets (SHA-1, or a longer one cut to 20), the longest that version 4 takes. */
export const MAC_OCTETS_MAX = 24;

/** Whether what stands from `at` to `end` is a crypto-NAK: one zero word instead of a MAC. */
export function isCryptoNak(packets: DataView, at: number, end: number): boolean {
  return end - at === KEY_ID_OCTETS && packets.getInt32(at) === 0;
}
