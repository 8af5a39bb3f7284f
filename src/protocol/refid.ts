/** Reference identifiers (RFC 5905 §7.3, §7.4): what the word means depends on the stratum beside it. */

/** The local reference clock, 127.127.1.1, as others show it. */
export const REFID_LOCAL = 0x7f7f_0101;
/** The served clock while it is smeared, 127.127.1.255. */
export const REFID_SMEARING = 0x7f7f_01ff;

/**
 * Up to four printable ASCII characters as a reference id, left-justified and zero padded (§7.3).
 *
 * @throws RangeError for an empty or longer name, or one with other characters.
 */
export function refidFromName(name: string): number {
  if (!/^[\x21-\x7e]{1,4}$/.test(name)) throw new RangeError(`"${name}" is not one to four printable characters`);
  let word = 0;
  for (let i = 0; i < 4; i++) word = (word << 8) | (i < name.length ? name.charCodeAt(i) : 0);
  return word >>> 0;
}

/** The word as text, if it is 1–4 printable characters and zero padding; else null. */
export function refidName(refid: number): string | null {
  let name = '';
  let ended = false;
  for (let shift = 24; shift >= 0; shift -= 8) {
    const octet = (refid >>> shift) & 0xff;
    if (octet === 0) {
      ended = true;
    } else if (ended || octet < 0x20 || octet > 0x7e) {
      return null;
    } else {
      name += String.fromCharCode(octet);
    }
  }
  return name === '' ? null : name.trimEnd();
}

/** The word as an IPv4 address in dotted form. */
export function refidAddress(refid: number): string {
  return `${refid >>> 24}.${(refid >>> 16) & 0xff}.${(refid >>> 8) & 0xff}.${refid & 0xff}`;
}

/**
 * A reference id as people read it: a kiss code at stratum 0, a clock's name at stratum 1, above that the address
 * of the system peer (for IPv6 a hash that looks like one).
 */
export function describeRefid(refid: number, stratum: number): string {
  if (refid === 0) return '';
  if (stratum <= 1) return refidName(refid) ?? refidAddress(refid);
  return refidAddress(refid);
}

/** The reference id of a source at an IPv4 address, given in dotted form. */
export function refidFromIpv4(address: string): number {
  const octets = address.split('.').map(Number);
  if (octets.length !== 4 || octets.some((octet) => !(Number.isInteger(octet) && octet >= 0 && octet <= 255))) {
    throw new RangeError(`"${address}" is not an IPv4 address`);
  }
  return octets.reduce((word, octet) => (word << 8) | octet, 0) >>> 0;
}
