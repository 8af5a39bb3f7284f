import { expect, test } from 'vitest';
import { compileAccess } from '../../../../src/core/server/access.ts';
import { COUNT_DROPS, COUNT_KISSES, COUNT_LEAKED } from '../../../../src/core/server/batch-responder.ts';
import { limitOf } from '../../../../src/core/server/bucket-table.ts';
import { DROP_REASONS } from '../../../../src/core/server/drop-reason.ts';
import { Gate, gateSharedOctets } from '../../../../src/core/server/gate.ts';
import { DEFAULT_POLICY } from '../../../../src/core/server/listener-policy.ts';
import { COPY_MONO_NANOSECONDS, COPY_MONO_SECONDS } from '../../../../src/core/server/page.ts';
import { DEFAULT_RATE_LIMITS } from '../../../../src/core/server/rate-limit.ts';
import { SLOT_ADDRESS, SLOT_REPLY_LENGTH, SLOT_WORDS } from '../../../../src/core/server/slot.ts';
import { Standing } from '../../../../src/core/server/standing.ts';
import { STANDING_ROW_WORDS, STANDING_WAYS } from '../../../../src/core/server/standing-rows.ts';
import { ResponderBench, request } from '../../../support/requests.ts';
import { workerTables } from '../../../support/responder-tables.ts';

const drops = (bench: ResponderBench, reason: (typeof DROP_REASONS)[number]) =>
  bench.counters[COUNT_DROPS + DROP_REASONS.indexOf(reason)];
const limits = { ...DEFAULT_RATE_LIMITS, ipv4Address: limitOf(1, 4), leakLog2: -1 };

test('who is on the denylist gets no answer and is counted', () => {
  const access = compileAccess(null, { filter: ['192.0.2.0/24'], action: 'ignore' });
  const bench = new ResponderBench(1, { ...DEFAULT_POLICY, access }, workerTables());
  expect(bench.answer(request())).toBeNull();
  expect(drops(bench, 'access-denied')).toBe(1);
  expect(bench.answer(request(), { ipv4: 0xc6336401 | 0 })).not.toBeNull();
});

test('a denial is a DENY kiss where asked for, as long as the request, and few of them (RFC 5905 §7.4)', () => {
  const access = compileAccess({ filter: [], action: 'deny' }, null);
  const bench = new ResponderBench(1, { ...DEFAULT_POLICY, access }, workerTables());
  const packet = request();
  const kiss = bench.answer(packet) as Uint8Array;
  expect(kiss.length).toBe(48);
  expect(kiss[0]).toBe(0xe4); // leap 3, version 4, mode 4
  expect(kiss[1]).toBe(0);
  expect(String.fromCharCode(...kiss.subarray(12, 16))).toBe('DENY');
  expect(kiss.slice(24, 32)).toEqual(packet.slice(40, 48));
  for (let i = 0; i < 1000; i++) bench.answer(request());
  expect(bench.counters[COUNT_KISSES]).toBe(64);
  expect(drops(bench, 'access-denied')).toBe(1001);
});

test('kisses are few on the whole machine, however many workers it has', () => {
  const access = compileAccess({ filter: [], action: 'deny' }, null);
  const shared = { hashKey: [1, 2] as const, buckets: new SharedArrayBuffer(gateSharedOctets(1024)) };
  const benches = [3, 4, 5, 6].map(
    (seed) =>
      new ResponderBench(1, { ...DEFAULT_POLICY, access }, { ...workerTables(), gate: new Gate(shared, 1, seed) }),
  );
  for (let i = 0; i < 100; i++) for (const bench of benches) bench.answer(request());
  expect(benches.reduce((kisses, { counters }) => kisses + (counters[COUNT_KISSES] as number), 0)).toBe(64);
});

test('what is over the limit is dropped without a word, and paid off by time', () => {
  const bench = new ResponderBench(1, { ...DEFAULT_POLICY, limits }, workerTables());
  for (let i = 0; i < 4; i++) expect(bench.answer(request())).not.toBeNull();
  expect(bench.answer(request())).toBeNull();
  expect(drops(bench, 'rate-limited')).toBe(1);
  expect(bench.answer(request(), { ipv4: 1 })).not.toBeNull();
  bench.setCopy(COPY_MONO_SECONDS, 1);
  bench.setCopy(COPY_MONO_NANOSECONDS, 10_000_000);
  expect(bench.answer(request())).not.toBeNull();
  expect(bench.answer(request())).toBeNull();
});

test('a share beyond the limit is answered, and counted as leaked', () => {
  const bench = new ResponderBench(1, { ...DEFAULT_POLICY, limits: { ...limits, leakLog2: 0 } }, workerTables());
  for (let i = 0; i < 4; i++) bench.answer(request());
  expect(bench.answer(request())).not.toBeNull();
  expect(bench.counters[COUNT_LEAKED]).toBe(1);
  expect(bench.answer(request())).toBeNull();
});

test('RATE kisses come only when the listener wants them', () => {
  const bench = new ResponderBench(1, { ...DEFAULT_POLICY, limits: { ...limits, kissLog2: 0 } }, workerTables());
  for (let i = 0; i < 4; i++) bench.answer(request());
  const kiss = bench.answer(request()) as Uint8Array;
  expect(String.fromCharCode(...kiss.subarray(12, 16))).toBe('RATE');
  expect(drops(bench, 'rate-limited')).toBe(1);
});

test('loopback is never limited', () => {
  const bench = new ResponderBench(1, { ...DEFAULT_POLICY, limits }, workerTables());
  for (let i = 0; i < 100; i++) expect(bench.answer(request(), { ipv4: 0x7f000001 })).not.toBeNull();
});

/** A worker that keeps standing and finds `clients` at once; says how many stand in its words afterwards. */
function noted(clients: number, limits = DEFAULT_RATE_LIMITS): number {
  const words = new Int32Array(1024 * STANDING_ROW_WORDS);
  const shared = { hashKey: [1, 2] as const, buckets: new SharedArrayBuffer(gateSharedOctets(1024)) };
  const gate = new Gate(shared, clients, 3, new Standing(words));
  const bench = new ResponderBench(clients, { ...DEFAULT_POLICY, limits }, { ...workerTables(), gate });
  for (let i = 0; i < clients; i++) bench.place(i, request(), { ipv4: i });
  bench.responder.answer(clients);
  return words.filter((word, at) => at % STANDING_ROW_WORDS < STANDING_WAYS && word !== 0).length;
}

test('in a batch that is not large each request counts for good standing, in a large one a sample does', () => {
  expect(noted(31)).toBe(31);
  expect(noted(512)).toBeGreaterThan(512 / 8 / 2);
  expect(noted(512)).toBeLessThan((512 / 8) * 2);
  expect(noted(64, limits)).toBe(64); // a narrow limit looks at each request, so standing can, too
});

test('an address has the same hash whether or not its request was looked at', () => {
  const gate = new Gate({ hashKey: [1, 2], buckets: new SharedArrayBuffer(gateSharedOctets(1024)) }, 64, 3);
  gate.expect([{ ...DEFAULT_POLICY, limits: DEFAULT_RATE_LIMITS }]);
  const table = new Int32Array(64 * SLOT_WORDS);
  for (let slot = 0; slot < 64; slot++) table.set([0, 0, 0xffff, slot & 1], slot * SLOT_WORDS + SLOT_ADDRESS);
  for (let batch = 0; batch < 3; batch++) {
    gate.begin(table, 64);
    for (let slot = 2; slot < 64; slot++) expect(gate.hostHash(table, slot)).toBe(gate.hostHash(table, slot - 2));
  }
  expect(gate.hostHash(table, 0)).not.toBe(gate.hostHash(table, 1));
});

test('what a batch found half empty is watched from the next one on', () => {
  const gate = new Gate({ hashKey: [1, 2], buckets: new SharedArrayBuffer(gateSharedOctets(1024)) }, 64, 3);
  const bench = new ResponderBench(64, { ...DEFAULT_POLICY, limits: DEFAULT_RATE_LIMITS }, { ...workerTables(), gate });
  let answered = 0;
  for (let batch = 0; batch < 20; batch++) {
    for (let i = 0; i < 64; i++) bench.place(i, request());
    bench.responder.answer(64);
    for (let i = 0; i < 64; i++) answered += bench.table[i * SLOT_WORDS + SLOT_REPLY_LENGTH] === 48 ? 1 : 0;
  }
  // One client: a burst of 256, some of it unpaid until it was watched, and the leaks of one instant: none, or one.
  expect(answered).toBeGreaterThanOrEqual(256);
  expect(answered).toBeLessThan(256 * 1.5);
});
