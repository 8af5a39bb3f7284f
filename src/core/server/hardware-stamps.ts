/**
 * What a network card can stamp, and what to ask of it (ETHTOOL_GET_TS_INFO, SIOCSHWTSTAMP; Linux,
 * Documentation/networking/timestamping.rst §3). The octets are those of the kernel's structures, native endian.
 */

export const TIMESTAMP_INFO_OCTETS = 44;
export const STAMP_CONFIG_OCTETS = 12;

const NATIVE = true; // both platforms are little endian

const SOF_TX_HARDWARE = 1 << 0;
const SOF_RX_HARDWARE = 1 << 2;
const SOF_RAW_HARDWARE = 1 << 6;
const TX_ON = 1;
const FILTER_ALL = 1;
const FILTER_NTP_ALL = 15;

/** `struct ethtool_ts_info`. */
export interface TimestampInfo {
  readonly transmits: boolean;
  readonly receives: boolean;
  /** N of /dev/ptpN; -1 for none. */
  readonly clockIndex: number;
  /** Bit n set: hwtstamp_rx_filters value n can be asked for. */
  readonly filters: number;
}

export function decodeTimestampInfo(octets: DataView): TimestampInfo {
  const flags = octets.getUint32(4, NATIVE);
  const transmitTypes = octets.getUint32(12, NATIVE);
  return {
    transmits: (flags & SOF_TX_HARDWARE) !== 0 && ((transmitTypes >>> TX_ON) & 1) === 1,
    receives: (flags & SOF_RX_HARDWARE) !== 0 && (flags & SOF_RAW_HARDWARE) !== 0,
    clockIndex: octets.getInt32(8, NATIVE),
    filters: octets.getUint32(28, NATIVE),
  };
}

/** Why a card's stamps are not used, in words for the operator. */
export type NoHardware = 'the card has no clock' | 'the card stamps no NTP packets on receipt';

/** The receive filter to ask for: NTP packets alone if the card can tell them, else all; or why there is none. */
export function chooseFilter(info: TimestampInfo): number | NoHardware {
  if (info.clockIndex < 0) return 'the card has no clock';
  if (!info.receives) return 'the card stamps no NTP packets on receipt';
  if (((info.filters >>> FILTER_NTP_ALL) & 1) === 1) return FILTER_NTP_ALL;
  if (((info.filters >>> FILTER_ALL) & 1) === 1) return FILTER_ALL;
  return 'the card stamps no NTP packets on receipt';
}

/** Writes `struct hwtstamp_config`. */
export function encodeStampConfig(out: DataView, filter: number, transmits: boolean): void {
  out.setInt32(0, 0, NATIVE);
  out.setInt32(4, transmits ? TX_ON : 0, NATIVE);
  out.setInt32(8, filter, NATIVE);
}

/** Whether the filter that a driver answered with lets NTP packets be stamped; it may widen what was asked. */
export function filterServes(config: DataView): boolean {
  const filter = config.getInt32(8, NATIVE);
  return filter === FILTER_ALL || filter === FILTER_NTP_ALL;
}
