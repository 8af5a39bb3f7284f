import { expect, test } from 'vitest';
import { COUNT_DROPS, COUNT_VERSIONS } from '../../../../src/core/server/batch-responder.ts';
import { DROP_REASONS, type DropReason } from '../../../../src/core/server/drop-reason.ts';
import { DEFAULT_POLICY } from '../../../../src/core/server/listener-policy.ts';
import * as page from '../../../../src/core/server/page.ts';
import { SLOT_EPOCH_CHANGED, SLOT_FROM_SELF } from '../../../../src/core/server/slot.ts';
import { SLOT_OCTETS } from '../../../../src/native/packet-path.ts';
import { field, ResponderBench, request } from '../../../support/requests.ts';

/** The reason that was counted for a packet; fails when it was answered. */
function dropReason(packet: Uint8Array, row = {}, bench = new ResponderBench(1)): DropReason | undefined {
  expect(bench.answer(packet, row)).toBeNull();
  const index = bench.counters.findIndex((count) => count > 0);
  expect(bench.counters.reduce((sum, count) => sum + count, 0)).toBe(1);
  return DROP_REASONS[index - COUNT_DROPS];
}

test('a request becomes its reply (RFC 5905 §9.2)', () => {
  const bench = new ResponderBench(1);
  bench.setCopy(page.PAGE_LEAP, 1);
  bench.setCopy(page.PAGE_STRATUM, 3);
  bench.setCopy(page.PAGE_PRECISION, -23);
  bench.setCopyDouble(page.PAGE_ROOT_DELAY, 0.5);
  bench.setCopyDouble(page.PAGE_ROOT_DISPERSION, 0.25);
  bench.setCopy(page.PAGE_REFID, 0xc000_0201 | 0);
  bench.setCopy(page.PAGE_REFTIME_SECONDS, 0xeeaf_ffff | 0);
  bench.setCopy(page.PAGE_REFTIME_FRACTION, 0x1234_5678);
  const packet = request();
  const reply = bench.answer(packet) as Uint8Array;
  expect(reply.length).toBe(48);
  const view = new DataView(reply.buffer);
  expect(reply[0]).toBe(0x64); // leap 1, version 4, mode 4
  expect(reply[1]).toBe(3);
  expect(reply[2]).toBe(6); // poll is the request's
  expect(view.getInt8(3)).toBe(-23);
  expect(view.getUint32(4)).toBe(0x8000);
  expect(view.getUint32(8)).toBe(0x4000);
  expect(view.getUint32(12)).toBe(0xc000_0201);
  expect(view.getUint32(16)).toBe(0xeeaf_ffff);
  expect(view.getUint32(20)).toBe(0x1234_5678);
  expect(reply.slice(24, 32)).toEqual(packet.slice(40, 48)); // org is the request's xmt
  expect(view.getUint32(32)).toBe(0xeeb0_0000);
  expect(view.getUint32(36)).toBe(0x8000_0001);
  expect(bench.counters[COUNT_VERSIONS + 4]).toBe(1);
});

test('versions 1 to 4 are answered in their own version', () => {
  for (const version of [1, 2, 3, 4]) {
    const reply = new ResponderBench(1).answer(request(version)) as Uint8Array;
    expect((reply[0] as number) & 0x3f).toBe((version << 3) | 4);
  }
  for (const version of [0, 5, 6, 7]) expect(dropReason(request(version))).toBe('version');
});

test('a listener may accept fewer versions', () => {
  const bench = new ResponderBench(1, { ...DEFAULT_POLICY, versions: 1 << 4 });
  expect(bench.answer(request(3))).toBeNull();
  expect(bench.answer(request(4))).not.toBeNull();
});

test('symmetric active is answered in symmetric passive', () => {
  const reply = new ResponderBench(1).answer(request(4, 1)) as Uint8Array;
  expect((reply[0] as number) & 7).toBe(2);
});

test('version 1 without a mode is a client unless it comes from the NTP port', () => {
  expect((new ResponderBench(1).answer(request(1, 0)) as Uint8Array)[0]).toBe((1 << 3) | 4);
  expect(dropReason(request(1, 0), { port: 123 })).toBe('mode');
  expect(dropReason(request(4, 0))).toBe('mode');
});

test('replies, broadcasts, control and private messages get no answer', () => {
  for (const mode of [2, 4, 5]) expect(dropReason(request(4, mode))).toBe('mode');
  for (const mode of [6, 7]) expect(dropReason(request(2, mode))).toBe('control');
});

test('a packet shorter than a header or not in whole words is dropped', () => {
  expect(dropReason(new Uint8Array(0))).toBe('length');
  expect(dropReason(request().slice(0, 47))).toBe('length');
  expect(dropReason(request(4, 3, [0, 0]))).toBe('length');
  expect(dropReason(new Uint8Array(SLOT_OCTETS + 4))).toBe('oversized');
});

test('extension fields are skipped and the reply is the bare header', () => {
  expect(new ResponderBench(1).answer(request(4, 3, field(0x0104, 36)))?.length).toBe(48);
});

test('a MAC without a key for it and a malformed trailer are told apart', () => {
  expect(dropReason(request(4, 3, new Uint8Array(20)))).toBe('unknown-key');
  expect(dropReason(request(3, 3, new Uint8Array(24)))).toBe('unknown-key');
  expect(dropReason(request(4, 3, [0, 0, 0, 1]))).toBe('malformed');
});

test('a request that waited longer than the limit is dropped', () => {
  expect(new ResponderBench(1).answer(request(), { ageUs: 1_000_000 })).not.toBeNull();
  expect(dropReason(request(), { ageUs: 1_000_001 })).toBe('stale');
});

test('nothing is sent to port zero or to ourselves', () => {
  expect(dropReason(request(), { port: 0 })).toBe('reflection');
  expect(dropReason(request(), { flags: SLOT_FROM_SELF })).toBe('reflection');
});

test('a packet stamped across a step of the clock gets no answer', () => {
  expect(dropReason(request(), { flags: SLOT_EPOCH_CHANGED })).toBe('clock-stepped');
});

test('before the first page nothing is answered', () => {
  const bench = new ResponderBench(1);
  bench.setCopy(page.COPY_STATE, page.COPY_NEVER);
  expect(dropReason(request(), {}, bench)).toBe('no-time');
});
