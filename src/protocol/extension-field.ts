import { HEADER_OCTETS } from './header.ts';
import { isCryptoNak, MAC_OCTETS_MAX, MAC_OCTETS_MIN } from './mac.ts';

/**
 * What follows the header: extension fields (version 4, RFC 7822), then perhaps a MAC (RFC 5905 §7.3). The walk reads
 * nothing beyond `end` and allocates nothing.
 */

/** Smallest extension field, its four octets of type and length included (RFC 7822 §3). */
export const EXTENSION_OCTETS_MIN = 16;

/** Returned by {@link macStart} for a trailer that is neither fields nor a MAC. */
export const TRAILER_MALFORMED = -1;

/**
 * Where the MAC of a packet begins (RFC 5905 §7.5 with erratum 3627): fields are skipped by their length; what is
 * left with 20 to 24 octets, or as a lone zero word, is a MAC. Versions below 4 know no fields: there everything
 * after the header is the MAC.
 *
 * @param at - octet offset of the packet in `packets`.
 * @param end - octet offset behind its last octet; at least `at` + 48.
 * @returns the offset of the MAC, `end` when there is none, or TRAILER_MALFORMED.
 */
export function macStart(packets: DataView, at: number, end: number, version: number): number {
  let offset = at + HEADER_OCTETS;
  if (version < 4) {
    const octets = end - offset;
    return octets === 0 || octets >= MAC_OCTETS_MIN || isCryptoNak(packets, offset, end) ? offset : TRAILER_MALFORMED;
  }
  while (offset < end) {
    const octets = end - offset;
    if (octets >= MAC_OCTETS_MIN && octets <= MAC_OCTETS_MAX) return offset;
    if (octets < EXTENSION_OCTETS_MIN) return isCryptoNak(packets, offset, end) ? offset : TRAILER_MALFORMED;
    const length = packets.getUint16(offset + 2);
    if (length < EXTENSION_OCTETS_MIN || (length & 3) !== 0 || length > octets) return TRAILER_MALFORMED;
    offset += length;
  }
  return end;
}
