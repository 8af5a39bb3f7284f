import { STAMP_CONFIG_OCTETS, TIMESTAMP_INFO_OCTETS } from '../core/server/hardware-stamps.ts';
import { PHC_READING_OCTETS } from '../core/server/phc-reading.ts';
import { loadAddon } from './binding.ts';

interface NativeHardwareClock {
  timestampInfo(interfaceName: string, out: Uint8Array): void;
  setHardwareStamps(interfaceName: string, config: Uint8Array): void;
  openHardwareClock(index: number): number;
  readHardwareClock(fd: number, out: Uint8Array): boolean;
  mapCardStamp(
    page: Int32Array,
    transmit: boolean,
    interfaceIndex: number,
    cardNs: bigint,
    kernelMonoNs: bigint,
    octets: number,
  ): bigint | null;
}

const native = (): NativeHardwareClock => loadAddon<NativeHardwareClock>();

/** What the card of an interface can stamp: the octets of `struct ethtool_ts_info`. @throws SystemError */
export function readTimestampInfo(interfaceName: string): DataView {
  const out = new Uint8Array(new ArrayBuffer(TIMESTAMP_INFO_OCTETS));
  native().timestampInfo(interfaceName, out);
  return new DataView(out.buffer);
}

/**
 * Configures a card's stamps (SIOCSHWTSTAMP); `config` is a `struct hwtstamp_config` and afterwards what the driver
 * made of it. Needs CAP_NET_ADMIN. @throws SystemError; ERANGE when the card cannot.
 */
export function configureStamps(interfaceName: string, config: DataView): void {
  native().setHardwareStamps(interfaceName, new Uint8Array(config.buffer, config.byteOffset, STAMP_CONFIG_OCTETS));
}

/** Opens /dev/ptpN; the descriptor is the caller's, to be closed with closeSocket. @throws SystemError */
export function openHardwareClock(index: number): number {
  return native().openHardwareClock(index);
}

/** Reads a card's clock against the system's; `request` is prepared and then filled. False when the driver cannot. */
export function readHardwareClock(fd: number, request: DataView): boolean {
  return native().readHardwareClock(fd, new Uint8Array(request.buffer, request.byteOffset, PHC_READING_OCTETS));
}

/**
 * Where the packet path would put a card's stamp on CLOCK_MONOTONIC, or null where it would go by the kernel's.
 *
 * @param kernelMonoNs - the kernel's stamp of the same packet. @param octets - length of the frame, on receipt.
 */
export function mapCardStamp(
  page: Int32Array,
  direction: 'receive' | 'transmit',
  interfaceIndex: number,
  cardNs: bigint,
  kernelMonoNs: bigint,
  octets: number,
): bigint | null {
  return native().mapCardStamp(page, direction === 'transmit', interfaceIndex, cardNs, kernelMonoNs, octets);
}
