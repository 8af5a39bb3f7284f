import { describe, expect, test } from 'vitest';
import {
  COUNT_AUTHENTICATED,
  COUNT_DROPS,
  COUNT_INTERLEAVED,
  COUNT_VERSIONS,
} from '../../../../src/core/server/batch-responder.ts';
import { DROP_REASONS } from '../../../../src/core/server/drop-reason.ts';
import { DEFAULT_POLICY } from '../../../../src/core/server/listener-policy.ts';
import { COPY_TX_REPORTS, PAGE_EPOCH } from '../../../../src/core/server/page.ts';
import {
  REPLY_REPORT_TX,
  REPLY_SEAL_MAC,
  REPLY_XMT_GIVEN,
  SLOT_ADDRESS,
  SLOT_REPLY_FLAGS,
  SLOT_REPLY_LENGTH,
  SLOT_SEAL_KEY,
  SLOT_TX_COOKIE,
  SLOT_WORDS,
} from '../../../../src/core/server/slot.ts';
import { MAC_BAD, MAC_UNKNOWN_KEY, type MacPort } from '../../../../src/core/server/symmetric-key.ts';
import { ResponderBench, request } from '../../../support/requests.ts';
import { workerTables } from '../../../support/responder-tables.ts';

test('a batch is answered slot by slot, and what is dropped has no reply', () => {
  const bench = new ResponderBench(4);
  bench.place(0, request(4));
  bench.place(1, request(4, 6));
  bench.place(2, request(3));
  bench.place(3, request(4));
  bench.responder.answer(3);
  const lengths = [0, 1, 2, 3].map((i) => bench.table[i * SLOT_WORDS + SLOT_REPLY_LENGTH]);
  expect(lengths).toEqual([48, 0, 48, 0]);
  expect(bench.counters[COUNT_VERSIONS + 4]).toBe(1);
  expect(bench.counters[COUNT_VERSIONS + 3]).toBe(1);
  expect(bench.counters.subarray(COUNT_DROPS).reduce((sum, count) => sum + count, 0)).toBe(1);
});

test('a reply length left over from the last batch does not send a dropped packet', () => {
  const bench = new ResponderBench(1);
  expect(bench.answer(request())).not.toBeNull();
  expect(bench.answer(request(4, 4))).toBeNull();
});

describe('interleaved mode (RFC 9769)', () => {
  const T2 = 0x40000001;
  const T3 = 0x40008000;

  /** A request that names a receive stamp of ours, with a receive stamp of the client's own. */
  function interleaved(orgFraction: number): Uint8Array {
    const packet = request();
    const view = new DataView(packet.buffer);
    view.setUint32(24, 0xeeb00000);
    view.setInt32(28, orgFraction);
    view.setUint32(32, 0x01020304);
    view.setUint32(36, 0x05060708);
    return packet;
  }

  function begun(tables = workerTables()): ResponderBench {
    const bench = new ResponderBench(1, DEFAULT_POLICY, tables);
    // The first request that names a stamp is answered in basic mode, and remembered.
    const basic = bench.answer(interleaved(0x11111111), { rxFraction: T2 }) as Uint8Array;
    expect(basic.slice(24, 32)).toEqual(request().slice(40, 48));
    expect(bench.table[SLOT_REPLY_FLAGS]).toBe(REPLY_REPORT_TX);
    bench.reportTransmit(bench.table[SLOT_TX_COOKIE] as number, 0xeeb00000 | 0, T3);
    return bench;
  }

  test('the reply to a request that names an earlier receive stamp carries the true transmit stamp', () => {
    const bench = begun();
    const reply = bench.answer(interleaved(T2), { rxFraction: 0x70000001 }) as Uint8Array;
    const view = new DataView(reply.buffer);
    expect([view.getUint32(24), view.getUint32(28)]).toEqual([0x01020304, 0x05060708]); // org is the request's rec
    expect([view.getUint32(32), view.getUint32(36)]).toEqual([0xeeb00000, 0x70000001]);
    expect([view.getUint32(40), view.getUint32(44)]).toEqual([0xeeb00000, T3]);
    expect(bench.table[SLOT_REPLY_FLAGS]).toBe(REPLY_REPORT_TX | REPLY_XMT_GIVEN);
    expect(bench.counters[COUNT_INTERLEAVED]).toBe(1);
  });

  test('a stamp reused, from another client, or from before a step gets a basic reply', () => {
    for (const [row, epoch] of [
      [{}, 0],
      [{ ipv4: 0x0a000001 }, 0],
      [{}, 1],
    ] as const) {
      const bench = begun();
      bench.setCopy(PAGE_EPOCH, epoch);
      if (epoch === 0 && !('ipv4' in row)) bench.answer(interleaved(T2));
      const before = bench.counters[COUNT_INTERLEAVED];
      const reply = bench.answer(interleaved(T2), row) as Uint8Array;
      expect(reply.slice(24, 32)).toEqual(request().slice(40, 48));
      expect(bench.counters[COUNT_INTERLEAVED]).toBe(before);
    }
  });

  test('hosts of one IPv6 subnet are different clients', () => {
    const bench = new ResponderBench(1, DEFAULT_POLICY, workerTables());
    const ask = (host: number, orgFraction: number, rxFraction: number): void => {
      bench.place(0, interleaved(orgFraction), { rxFraction });
      bench.table.set([0x2001_0db8, 7, 0, host], SLOT_ADDRESS);
      bench.responder.answer(1);
      bench.setCopy(COPY_TX_REPORTS, 0);
      bench.reportTransmit(bench.table[SLOT_TX_COOKIE] as number, 0xeeb00000 | 0, rxFraction + 0x7fff);
    };
    ask(1, 0x11111111, T2);
    ask(2, T2, 0x50000001);
    expect(bench.counters[COUNT_INTERLEAVED]).toBe(0);
    ask(1, T2, 0x60000001);
    expect(bench.counters[COUNT_INTERLEAVED]).toBe(1);
  });

  test('another worker’s stamp gets a basic reply', () => {
    const bench = begun(workerTables(1, 1));
    bench.answer(interleaved(T2));
    expect(bench.counters[COUNT_INTERLEAVED]).toBe(0);
  });

  test('clients of version 3, in symmetric mode, or that echo a transmit stamp cost no memory', () => {
    const bench = new ResponderBench(1, DEFAULT_POLICY, workerTables());
    for (const packet of [request(3), request(4, 1), interleaved(0x22222222)]) {
      bench.answer(packet);
      expect(bench.table[SLOT_REPLY_FLAGS]).toBe(0);
    }
  });

  test('a listener may do without', () => {
    const bench = new ResponderBench(1, { ...DEFAULT_POLICY, interleaved: false }, workerTables());
    bench.answer(interleaved(T2));
    expect(bench.table[SLOT_REPLY_FLAGS]).toBe(0);
  });
});

describe('requests with a MAC', () => {
  const macs = (slot: number): MacPort => ({ verify: () => slot, macOctets: () => 24 });
  const authenticated = () => request(4, 3, new Uint8Array(24).fill(1));

  test('are answered under the same key', () => {
    const bench = new ResponderBench(1);
    bench.responder.install([DEFAULT_POLICY], macs(5));
    expect(bench.answer(authenticated())?.length).toBe(72);
    expect(bench.table[SLOT_REPLY_FLAGS]).toBe(REPLY_SEAL_MAC);
    expect(bench.table[SLOT_SEAL_KEY]).toBe(5);
    expect(bench.counters[COUNT_AUTHENTICATED]).toBe(1);
  });

  test('are dropped for an unknown key and for a bad MAC, or told so where the listener wants it', () => {
    for (const [slot, reason] of [
      [MAC_UNKNOWN_KEY, 'unknown-key'],
      [MAC_BAD, 'bad-mac'],
    ] as const) {
      const bench = new ResponderBench(1);
      bench.responder.install([DEFAULT_POLICY], macs(slot));
      expect(bench.answer(authenticated())).toBeNull();
      bench.responder.install([{ ...DEFAULT_POLICY, cryptoNak: true }], macs(slot));
      const nak = bench.answer(authenticated()) as Uint8Array;
      expect(nak.length).toBe(52);
      expect(nak.slice(48)).toEqual(new Uint8Array(4));
      expect(bench.counters[COUNT_DROPS + DROP_REASONS.indexOf(reason)]).toBe(2);
    }
  });

  test('a crypto-NAK is not answered with another longer than it', () => {
    const bench = new ResponderBench(1);
    bench.responder.install([{ ...DEFAULT_POLICY, cryptoNak: true }], macs(MAC_UNKNOWN_KEY));
    expect(bench.answer(request(4, 3, [0, 0, 0, 0]))?.length).toBe(52);
  });
});
