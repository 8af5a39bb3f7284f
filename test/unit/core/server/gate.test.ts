import { expect, test } from 'vitest';
import { compileAccess } from '../../../../src/core/server/access.ts';
import { COUNT_DROPS, COUNT_KISSES, COUNT_LEAKED } from '../../../../src/core/server/batch-responder.ts';
import { limitOf } from '../../../../src/core/server/bucket-table.ts';
import { DROP_REASONS } from '../../../../src/core/server/drop-reason.ts';
import { Gate, gateSharedOctets } from '../../../../src/core/server/gate.ts';
import { DEFAULT_POLICY } from '../../../../src/core/server/listener-policy.ts';
import { COPY_MONO_NANOSECONDS, COPY_MONO_SECONDS } from '../../../../src/core/server/page.ts';
import { DEFAULT_RATE_LIMITS } from '../../../../src/core/server/rate-limit.ts';
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
