/** The 48-octet NTP header: offsets and the packed first octet (RFC 5905 §7.3). Multi-octet fields are big-endian. */
export const HEADER_OCTETS = 48;

export const LEAP_VERSION_MODE = 0;
export const STRATUM = 1;
export const POLL = 2;
export const PRECISION = 3;
export const ROOT_DELAY = 4;
export const ROOT_DISPERSION = 8;
export const REFID = 12;
export const REFTIME = 16;
export const ORG = 24;
export const REC = 32;
export const XMT = 40;

export const MODE_RESERVED = 0;
export const MODE_SYMMETRIC_ACTIVE = 1;
export const MODE_SYMMETRIC_PASSIVE = 2;
export const MODE_CLIENT = 3;
export const MODE_SERVER = 4;
export const MODE_CONTROL = 6;

export const LEAP_NONE = 0;
export const LEAP_INSERT = 1;
export const LEAP_DELETE = 2;
export const LEAP_UNKNOWN = 3;

/** Stratum of an unsynchronised clock; on the wire it stands as 0. */
export const STRATUM_UNSYNCHRONISED = 16;

/** Leap, version and mode as the first octet. */
export function packLeapVersionMode(leap: number, version: number, mode: number): number {
  return (leap << 6) | (version << 3) | mode;
}

export function leapOf(firstOctet: number): number {
  return firstOctet >> 6;
}

export function versionOf(firstOctet: number): number {
  return (firstOctet >> 3) & 7;
}

export function modeOf(firstOctet: number): number {
  return firstOctet & 7;
}
