import { expect, test } from 'vitest';
import {
  chooseFilter,
  decodeTimestampInfo,
  encodeStampConfig,
  filterServes,
  STAMP_CONFIG_OCTETS,
  TIMESTAMP_INFO_OCTETS,
} from '../../../../src/core/server/hardware-stamps.ts';

/** `struct ethtool_ts_info`: cmd, so_timestamping, phc_index, tx_types, 3 reserved, rx_filters, 3 reserved. */
function info(flags: number, clock: number, transmitTypes: number, filters: number): DataView {
  const view = new DataView(new ArrayBuffer(TIMESTAMP_INFO_OCTETS));
  for (const [i, word] of [0x41, flags, clock, transmitTypes, 0, 0, 0, filters, 0, 0, 0].entries()) {
    view.setInt32(4 * i, word, true);
  }
  return view;
}

const ALL_FLAGS = 0b1011111;

test('a card that stamps all packets is used with the filter "all"', () => {
  const card = decodeTimestampInfo(info(ALL_FLAGS, 2, 0b11, 0b11));
  expect(card).toEqual({ transmits: true, receives: true, clockIndex: 2, filters: 0b11 });
  expect(chooseFilter(card)).toBe(1);
});

test('a card that can tell NTP packets is asked for those alone', () => {
  expect(chooseFilter(decodeTimestampInfo(info(ALL_FLAGS, 0, 0b11, (1 << 15) | 0b11)))).toBe(15);
});

test('a card without a clock, with PTP filters only, or a software device is named as such', () => {
  expect(chooseFilter(decodeTimestampInfo(info(ALL_FLAGS, -1, 0b11, 0b11)))).toBe('the card has no clock');
  expect(chooseFilter(decodeTimestampInfo(info(ALL_FLAGS, 0, 0b11, 1 << 12)))).toMatch('no NTP packets');
  expect(chooseFilter(decodeTimestampInfo(info(0b11010, 0, 0b01, 1)))).toMatch('no NTP packets');
});

test('the request stands as the kernel reads it: flags, transmit type, filter', () => {
  const config = new DataView(new ArrayBuffer(STAMP_CONFIG_OCTETS));
  encodeStampConfig(config, 15, true);
  expect(Array.from(new Uint8Array(config.buffer))).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 15, 0, 0, 0]);
  encodeStampConfig(config, 1, false);
  expect(Array.from(new Uint8Array(config.buffer))).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
});

test('a driver may widen the filter but not narrow it', () => {
  const config = new DataView(new ArrayBuffer(STAMP_CONFIG_OCTETS));
  for (const [filter, serves] of [
    [1, true],
    [15, true],
    [12, false],
    [0, false],
  ] as const) {
    config.setInt32(8, filter, true);
    expect(filterServes(config)).toBe(serves);
  }
});
