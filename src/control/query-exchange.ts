import {
  HEADER_OCTETS,
  LEAP_VERSION_MODE,
  leapOf,
  MODE_CLIENT,
  MODE_SERVER,
  modeOf,
  ORG,
  POLL,
  PRECISION,
  packLeapVersionMode,
  REC,
  REFID,
  ROOT_DELAY,
  ROOT_DISPERSION,
  STRATUM,
  versionOf,
  XMT,
} from '../protocol/header.ts';
import { decodeShort, differenceSeconds, type Timestamp } from '../protocol/timestamp.ts';

/** Frequency tolerance of a clock, s/s (RFC 5905 §7.2, PHI). */
const PHI = 15e-6;
const REQUEST_PRECISION = 0x20;

/** A request that says nothing about us but its version: a random transmit stamp is all the reply has to echo. */
export function buildRequest(version: number, nonce: Timestamp): Uint8Array {
  const octets = new Uint8Array(HEADER_OCTETS);
  const view = new DataView(octets.buffer);
  view.setUint8(LEAP_VERSION_MODE, packLeapVersionMode(0, version, MODE_CLIENT));
  view.setUint8(POLL, 6);
  view.setUint8(PRECISION, REQUEST_PRECISION);
  view.setUint32(XMT, nonce.seconds);
  view.setUint32(XMT + 4, nonce.fraction);
  return octets;
}

/** What a reply says, still as on the wire. */
export interface Reply {
  readonly leap: number;
  readonly version: number;
  readonly stratum: number;
  readonly pollLog2: number;
  readonly precisionLog2: number;
  readonly rootDelaySeconds: number;
  readonly rootDispersionSeconds: number;
  readonly refid: number;
  readonly rec: Timestamp;
  readonly xmt: Timestamp;
}

/** Reads a reply to the request that carried `nonce`; null for anything else, which is to be ignored. */
export function readReply(octets: Uint8Array, nonce: Timestamp): Reply | null {
  if (octets.length < HEADER_OCTETS) return null;
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  const first = view.getUint8(LEAP_VERSION_MODE);
  if (modeOf(first) !== MODE_SERVER) return null;
  if (view.getUint32(ORG) !== nonce.seconds || view.getUint32(ORG + 4) !== nonce.fraction) return null;
  return {
    leap: leapOf(first),
    version: versionOf(first),
    stratum: view.getUint8(STRATUM),
    pollLog2: view.getInt8(POLL),
    precisionLog2: view.getInt8(PRECISION),
    rootDelaySeconds: decodeShort(view.getUint32(ROOT_DELAY)),
    rootDispersionSeconds: decodeShort(view.getUint32(ROOT_DISPERSION)),
    refid: view.getUint32(REFID),
    rec: { seconds: view.getUint32(REC), fraction: view.getUint32(REC + 4) },
    xmt: { seconds: view.getUint32(XMT), fraction: view.getUint32(XMT + 4) },
  };
}

/** One exchange, measured (RFC 5905 §8). */
export interface Measurement {
  /** Positive: the local clock is behind the server. */
  readonly offsetSeconds: number;
  readonly delaySeconds: number;
  /** Error of this measurement alone: both clocks' precision, and what they may drift apart meanwhile. */
  readonly dispersionSeconds: number;
  /** Between reading the request and sending the reply, by the server's own account. */
  readonly residenceSeconds: number;
}

/** Measures from the four stamps; `t1` and `t4` are ours, `precisionSeconds` that of our clock. */
export function measure(t1: Timestamp, reply: Reply, t4: Timestamp, precisionSeconds: number): Measurement {
  const { rec, xmt } = reply;
  const up = differenceSeconds(rec.seconds, rec.fraction, t1.seconds, t1.fraction);
  const down = differenceSeconds(t4.seconds, t4.fraction, xmt.seconds, xmt.fraction);
  const duration = differenceSeconds(t4.seconds, t4.fraction, t1.seconds, t1.fraction);
  return {
    offsetSeconds: (up - down) / 2,
    delaySeconds: up + down,
    dispersionSeconds: 2 ** reply.precisionLog2 + precisionSeconds + PHI * Math.max(0, duration),
    residenceSeconds: differenceSeconds(xmt.seconds, xmt.fraction, rec.seconds, rec.fraction),
  };
}
