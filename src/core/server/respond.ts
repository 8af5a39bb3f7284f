import { macStart, TRAILER_MALFORMED } from '../../protocol/extension-field.ts';
import {
  HEADER_OCTETS,
  LEAP_UNKNOWN,
  MODE_CLIENT,
  MODE_CONTROL,
  MODE_RESERVED,
  MODE_SERVER,
  MODE_SYMMETRIC_ACTIVE,
  MODE_SYMMETRIC_PASSIVE,
  ORG,
  REC,
  REFID,
  REFTIME,
  ROOT_DELAY,
  ROOT_DISPERSION,
  STRATUM,
  XMT,
} from '../../protocol/header.ts';
import {
  DROP_CLOCK_STEPPED,
  DROP_CONTROL,
  DROP_LENGTH,
  DROP_MALFORMED,
  DROP_MODE,
  DROP_OVERSIZED,
  DROP_REFLECTION,
  DROP_STALE,
  DROP_VERSION,
} from './drop-reason.ts';
import type { ListenerPolicy } from './listener-policy.ts';
import type { ServedHeader } from './served-header.ts';
import {
  SLOT_AGE_US,
  SLOT_EPOCH_CHANGED,
  SLOT_FLAGS,
  SLOT_FROM_SELF,
  SLOT_LENGTH,
  SLOT_PORT,
  SLOT_RX_FRACTION,
  SLOT_RX_SECONDS,
  SLOT_START,
  SLOT_TRUNCATED,
} from './slot.ts';

const NTP_PORT = 123;
/** Of the header's first word: version in bits 27–29, poll in bits 8–15. */
const VERSION_AND_POLL = (7 << 27) | (0xff << 8);
const WITHHOLD = SLOT_TRUNCATED | SLOT_EPOCH_CHANGED | SLOT_FROM_SELF;

/** Added by `admit` to the mode when the request ends with a MAC. */
export const WITH_MAC = 8;

/**
 * Decides on the form of the request in the table's row at `row` (RFC 5905 §9.2, §14): the mode to answer in, with
 * WITH_MAC where there is a MAC to check, or a DROP_* code. Reads the packet, writes nothing.
 */
export function admit(packets: DataView, table: Int32Array, row: number, policy: ListenerPolicy): number {
  const at = table[row + SLOT_START] as number;
  const length = table[row + SLOT_LENGTH] as number;
  const flags = table[row + SLOT_FLAGS] as number;
  const port = table[row + SLOT_PORT] as number;
  if ((flags & WITHHOLD) !== 0) return withheld(flags);
  if (length < HEADER_OCTETS || (length & 3) !== 0) return DROP_LENGTH;
  if (port === 0) return DROP_REFLECTION;

  const first = packets.getUint8(at);
  const version = (first >> 3) & 7;
  const mode = first & 7;
  if (((policy.versions >> version) & 1) === 0) return DROP_VERSION;
  let answerMode = MODE_SERVER;
  if (mode !== MODE_CLIENT) {
    if (mode === MODE_SYMMETRIC_ACTIVE) {
      answerMode = MODE_SYMMETRIC_PASSIVE;
    } else if (mode === MODE_RESERVED && version === 1 && port !== NTP_PORT) {
      // NTPv1 has no mode field (RFC 1059): a client is told from a server by its port.
    } else {
      return mode >= MODE_CONTROL ? DROP_CONTROL : DROP_MODE;
    }
  }
  if ((table[row + SLOT_AGE_US] as number) > policy.staleLimitUs) return DROP_STALE;
  if (length > HEADER_OCTETS) {
    const end = at + length;
    const mac = macStart(packets, at, end, version);
    if (mac === TRAILER_MALFORMED) return DROP_MALFORMED;
    if (mac !== end) return answerMode | WITH_MAC;
  }
  return answerMode;
}

/** The reason that the addon's own flags give. */
function withheld(flags: number): number {
  if ((flags & SLOT_TRUNCATED) !== 0) return DROP_OVERSIZED;
  return (flags & SLOT_EPOCH_CHANGED) !== 0 ? DROP_CLOCK_STEPPED : DROP_REFLECTION;
}

/**
 * Turns the admitted request into its reply, in place (RFC 5905 §9.2): octets 0–47, all but the transmit stamp,
 * which the addon writes just before the packet leaves. Extension fields are not echoed.
 *
 * @returns the octets to send, never more than the request had.
 */
export function replyInPlace(
  packets: DataView,
  table: Int32Array,
  row: number,
  served: ServedHeader,
  answerMode: number,
): number {
  const at = table[row + SLOT_START] as number;
  // Version and poll are echoed; leap, stratum and precision are the batch's, mode is ours.
  packets.setInt32(at, served.firstWord | (packets.getInt32(at) & VERSION_AND_POLL) | (answerMode << 24));
  packets.setInt32(at + ROOT_DELAY, served.rootDelay);
  packets.setInt32(at + ROOT_DISPERSION, served.rootDispersion);
  packets.setInt32(at + REFID, served.refid);
  packets.setInt32(at + REFTIME, served.reftimeSeconds);
  packets.setInt32(at + REFTIME + 4, served.reftimeFraction);
  packets.setInt32(at + ORG, packets.getInt32(at + XMT)); // bit for bit, never interpreted
  packets.setInt32(at + ORG + 4, packets.getInt32(at + XMT + 4));
  packets.setInt32(at + REC, table[row + SLOT_RX_SECONDS] as number);
  packets.setInt32(at + REC + 4, table[row + SLOT_RX_FRACTION] as number);
  return HEADER_OCTETS;
}

/**
 * Turns the request into a kiss (RFC 5905 §7.4), in place: leap 3, stratum 0, and the code where the reference id
 * stands; the origin is the request's transmit stamp, without which nobody may believe it.
 *
 * @returns the octets to send.
 */
export function kissInPlace(packets: DataView, table: Int32Array, row: number, code: number): number {
  const at = table[row + SLOT_START] as number;
  packets.setUint8(at, (LEAP_UNKNOWN << 6) | (packets.getUint8(at) & 0x38) | MODE_SERVER);
  packets.setUint8(at + STRATUM, 0);
  packets.setInt32(at + ROOT_DELAY, 0);
  packets.setInt32(at + ROOT_DISPERSION, 0);
  packets.setInt32(at + REFID, code);
  packets.setInt32(at + REFTIME, 0);
  packets.setInt32(at + REFTIME + 4, 0);
  packets.setInt32(at + ORG, packets.getInt32(at + XMT));
  packets.setInt32(at + ORG + 4, packets.getInt32(at + XMT + 4));
  packets.setInt32(at + REC, table[row + SLOT_RX_SECONDS] as number);
  packets.setInt32(at + REC + 4, table[row + SLOT_RX_FRACTION] as number);
  return HEADER_OCTETS;
}
