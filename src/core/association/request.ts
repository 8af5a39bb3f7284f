import {
  HEADER_OCTETS,
  LEAP_VERSION_MODE,
  MODE_CLIENT,
  ORG,
  POLL,
  PRECISION,
  packLeapVersionMode,
  REC,
  XMT,
} from '../../protocol/header.ts';
import type { WireStamp } from './exchange.ts';

export const REQUEST_VERSION = 4;

/** Octets that a request may need: the header and whatever an authenticator appends. */
export const REQUEST_OCTETS_MAX = 1280;

/** What a request says of our clock's precision: nothing (data minimisation). */
const PRECISION_UNTOLD = 32;

/**
 * Writes a client request that tells nothing about us (draft-ietf-ntp-data-minimization): poll, 64 random bits, zeros. An
 * interleaved one (RFC 9769 §4) names the exchange before by the server's receive stamp, and carries random bits
 * of its own as receive stamp, by which the reply shows its mode.
 *
 * @param org - the server's last receive stamp, with `rec`; both null in basic mode.
 * @returns octets written.
 */
export function writeRequest(
  view: DataView,
  pollLog2: number,
  xmt: WireStamp,
  org: WireStamp | null,
  rec: WireStamp | null,
): number {
  for (let at = 0; at < HEADER_OCTETS; at += 4) view.setUint32(at, 0);
  view.setUint8(LEAP_VERSION_MODE, packLeapVersionMode(0, REQUEST_VERSION, MODE_CLIENT));
  view.setInt8(POLL, pollLog2);
  view.setUint8(PRECISION, PRECISION_UNTOLD);
  if (org !== null && rec !== null) {
    view.setUint32(ORG, org.seconds);
    view.setUint32(ORG + 4, org.fraction);
    view.setUint32(REC, rec.seconds);
    view.setUint32(REC + 4, rec.fraction);
  }
  view.setUint32(XMT, xmt.seconds);
  view.setUint32(XMT + 4, xmt.fraction);
  return HEADER_OCTETS;
}
