import { macStart, TRAILER_MALFORMED } from '../../protocol/extension-field.ts';
import {
  HEADER_OCTETS,
  LEAP_UNKNOWN,
  LEAP_VERSION_MODE,
  leapOf,
  MODE_SERVER,
  modeOf,
  ORG,
  POLL,
  PRECISION,
  REC,
  REFID,
  REFTIME,
  ROOT_DELAY,
  ROOT_DISPERSION,
  STRATUM,
  STRATUM_UNSYNCHRONISED,
  versionOf,
  XMT,
} from '../../protocol/header.ts';
import { REFID_SMEARING, refidName } from '../../protocol/refid.ts';
import { decodeShort, differenceSeconds } from '../../protocol/timestamp.ts';
import { type Exchange, isZeroStamp, sameStamp, type WireStamp } from './exchange.ts';
import { REQUEST_VERSION } from './request.ts';
import type { Verdict } from './verdict.ts';

/** RFC 5905 §7.2. */
const MAXDISP_SECONDS = 16;
/** A reply that stayed longer in the server was stamped by something that is not right (chrony's limit too). */
const RESIDENCE_SECONDS_MAX = 4;
/** How far a reference time may lie after the reply: a server may correct its clock between stamp and reply. */
const REFTIME_SLACK_SECONDS = 0.05;

/** A reply's fields (RFC 5905 §7.3). */
export interface Reply {
  leap: number;
  stratum: number;
  pollLog2: number;
  precisionLog2: number;
  rootDelaySeconds: number;
  rootDispersionSeconds: number;
  refid: number;
  readonly reftime: WireStamp;
  readonly org: WireStamp;
  readonly rec: WireStamp;
  readonly xmt: WireStamp;
}

export function emptyReply(): Reply {
  const stamp = (): WireStamp => ({ seconds: 0, fraction: 0 });
  return {
    leap: LEAP_UNKNOWN,
    stratum: STRATUM_UNSYNCHRONISED,
    pollLog2: 0,
    precisionLog2: 0,
    rootDelaySeconds: 0,
    rootDispersionSeconds: 0,
    refid: 0,
    reftime: stamp(),
    org: stamp(),
    rec: stamp(),
    xmt: stamp(),
  };
}

function readStamp(view: DataView, at: number, out: WireStamp): void {
  out.seconds = view.getUint32(at);
  out.fraction = view.getUint32(at + 4);
}

/**
 * Reads the header of a datagram that claims to be a reply.
 *
 * @returns null when `out` is filled, else why it is none.
 */
export function readReply(view: DataView, length: number, out: Reply): Verdict | null {
  if (length < HEADER_OCTETS || length % 4 !== 0) return 'malformed';
  const first = view.getUint8(LEAP_VERSION_MODE);
  if (modeOf(first) !== MODE_SERVER || versionOf(first) !== REQUEST_VERSION) return 'wrong-mode';
  if (macStart(view, 0, length, REQUEST_VERSION) === TRAILER_MALFORMED) return 'malformed';
  out.leap = leapOf(first);
  out.stratum = view.getUint8(STRATUM) || STRATUM_UNSYNCHRONISED;
  out.pollLog2 = view.getInt8(POLL);
  out.precisionLog2 = view.getInt8(PRECISION);
  out.rootDelaySeconds = decodeShort(view.getUint32(ROOT_DELAY));
  out.rootDispersionSeconds = decodeShort(view.getUint32(ROOT_DISPERSION));
  out.refid = view.getUint32(REFID);
  readStamp(view, REFTIME, out.reftime);
  readStamp(view, ORG, out.org);
  readStamp(view, REC, out.rec);
  readStamp(view, XMT, out.xmt);
  return null;
}

/** How a reply answers a request: by our transmit stamp, or (RFC 9769) by our receive word. */
export function matchReply(reply: Reply, exchange: Exchange): 'basic' | 'interleaved' | null {
  if (sameStamp(reply.org, exchange.xmt)) return 'basic';
  if (exchange.rec !== null && sameStamp(reply.org, exchange.rec)) return 'interleaved';
  return null;
}

/** A kiss (§7.4), if the reply is one: leap 3, stratum 0 and a code for a refid. INIT only means unsynchronised. */
export function kissOf(reply: Reply): Verdict | null {
  if (reply.leap !== LEAP_UNKNOWN || reply.stratum !== STRATUM_UNSYNCHRONISED) return null;
  switch (refidName(reply.refid)) {
    case 'RATE':
      return 'kiss-rate';
    case 'DENY':
    case 'RSTR':
      return 'kiss-deny';
    case 'NTSN':
      return 'kiss-ntsn';
    case 'INIT':
    case null:
      return null;
    default:
      return 'kiss-other';
  }
}

/** What is wrong with an authentic answer as a statement about time, or null (§9.2's packet tests 6 and 7, loops). */
export function judgeReply(reply: Reply, stratumMax: number, ownRefids: ReadonlySet<number>): Verdict | null {
  if (isZeroStamp(reply.rec) || isZeroStamp(reply.xmt)) return 'zero-stamp';
  if (reply.leap === LEAP_UNKNOWN || reply.stratum >= STRATUM_UNSYNCHRONISED) return 'unsynchronised';
  if (reply.stratum > stratumMax) return 'stratum';
  // Below stratum 2 the refid names a clock, not an address.
  if (reply.stratum > 1 && ownRefids.has(reply.refid)) return 'loop';
  if (reply.refid === REFID_SMEARING) return 'smearing';
  if (reply.rootDelaySeconds / 2 + reply.rootDispersionSeconds >= MAXDISP_SECONDS) return 'root-distance';
  if (!isZeroStamp(reply.reftime)) {
    // The receive stamp is this exchange's in either mode; an interleaved transmit stamp is of the one before.
    const ahead = Math.min(aheadSeconds(reply.reftime, reply.rec), aheadSeconds(reply.reftime, reply.xmt));
    if (ahead > REFTIME_SLACK_SECONDS) return 'future-reftime';
  }
  return null;
}

function aheadSeconds(a: WireStamp, b: WireStamp): number {
  return differenceSeconds(a.seconds, a.fraction, b.seconds, b.fraction);
}

/** Whether a server's two stamps of one exchange can be true. */
export function isResidencePossible(rec: WireStamp, xmt: WireStamp, precisionSeconds: number): boolean {
  const residence = aheadSeconds(xmt, rec);
  return residence >= -precisionSeconds && residence <= RESIDENCE_SECONDS_MAX;
}
