import { expect, test } from 'vitest';
import * as page from '../../../../src/core/server/page.ts';
import { PAGE_AGE_MS_MAX, ServedHeader } from '../../../../src/core/server/served-header.ts';
import { SMEAR_LINEAR, SMEAR_SLEW } from '../../../../src/core/server/smear.ts';
import { ResponderBench } from '../../../support/requests.ts';

function refreshed(prepare: (bench: ResponderBench) => void): ServedHeader {
  const bench = new ResponderBench(1);
  prepare(bench);
  const served = new ServedHeader();
  served.refresh(bench.copy);
  return served;
}

test('a page older than five seconds is served as unsynchronised', () => {
  const fresh = refreshed((bench) => bench.setCopy(page.COPY_AGE_MS, PAGE_AGE_MS_MAX));
  expect([fresh.leap, fresh.stratum]).toEqual([0, 2]);
  const stale = refreshed((bench) => bench.setCopy(page.COPY_AGE_MS, PAGE_AGE_MS_MAX + 1));
  expect([stale.leap, stale.stratum]).toEqual([3, 0]);
});

test('stratum 16 stands as 0 with leap 3 on the wire (RFC 5905 §7.3)', () => {
  const served = refreshed((bench) => bench.setCopy(page.PAGE_STRATUM, 16));
  expect([served.leap, served.stratum]).toEqual([3, 0]);
});

test('a page that was kept because it could not be read is served while it is young', () => {
  const served = refreshed((bench) => bench.setCopy(page.COPY_STATE, page.COPY_KEPT));
  expect(served.usable).toBe(true);
  expect(served.stratum).toBe(2);
});

test('root dispersion grows from the anchor on and is rounded up', () => {
  const served = refreshed((bench) => {
    bench.setCopyDouble(page.PAGE_ROOT_DISPERSION, 1 / 65536);
    bench.setCopyDouble(page.PAGE_DISPERSION_RATE, 15e-6);
    bench.setCopyDouble(page.COPY_SINCE_ANCHOR, 2);
  });
  expect(served.rootDispersion).toBe(3); // 1 + 30 µs / 15.26 µs = 2.97
});

test('precision is never finer than the spread of the correction', () => {
  expect(refreshed((bench) => bench.setCopy(page.COPY_PRECISION_FLOOR, -21)).precision).toBe(-21);
  expect(refreshed((bench) => bench.setCopy(page.COPY_PRECISION_FLOOR, -30)).precision).toBe(-24);
});

test('a smeared listener shows no leap second, the smear’s reference id while it lasts, and a smeared reference time', () => {
  const bench = new ResponderBench(1);
  const midnight = 3_692_217_600;
  bench.setCopy(page.PAGE_STRATUM, 2);
  bench.setCopy(page.PAGE_LEAP, 1);
  bench.setCopy(page.PAGE_REFID, 0x0a000001);
  bench.setCopy(page.PAGE_SMEAR_EVENT_SECONDS, midnight | 0);
  bench.setCopy(page.PAGE_SMEAR_SIGN, 1);
  bench.setCopy(page.PAGE_REFTIME_SECONDS, (midnight - 1) | 0);
  bench.setCopy(page.COPY_NOW_SECONDS, (midnight - 1) | 0);
  const header = new ServedHeader();
  header.refresh(bench.copy);
  expect([header.leap, header.refid]).toEqual([1, 0x0a000001]);
  header.refresh(bench.copy, SMEAR_LINEAR);
  expect([header.leap, header.refid]).toEqual([0, 0x7f7f01ff]);
  expect(header.reftimeSeconds >>> 0).toBe(midnight - 2);
  expect((header.reftimeFraction >>> 0) / 2 ** 32).toBeCloseTo(0.5, 3);
  header.refresh(bench.copy, SMEAR_SLEW);
  expect([header.leap, header.refid, header.reftimeSeconds >>> 0]).toEqual([0, 0x0a000001, midnight - 1]);
  bench.setCopy(page.PAGE_SMEAR_LATE, 1);
  header.refresh(bench.copy, SMEAR_LINEAR);
  expect([header.leap, header.refid, header.reftimeSeconds >>> 0]).toEqual([3, 0x0a000001, midnight - 1]);
  bench.setCopy(page.PAGE_SMEAR_LATE, 3);
  bench.setCopy(page.COPY_NOW_SECONDS, (midnight + 10) | 0);
  header.refresh(bench.copy, SMEAR_LINEAR);
  expect([header.leap, header.refid, header.reftimeSeconds >>> 0]).toEqual([3, 0x0a000001, midnight - 1]);
  header.refresh(bench.copy, SMEAR_SLEW);
  expect([header.leap, header.refid, header.reftimeSeconds >>> 0]).toEqual([0, 0x0a000001, midnight - 1]);
});

test('a smeared listener knows the time in the seconds around the leap second, when nobody knows it on the others', () => {
  const bench = new ResponderBench(1);
  const midnight = 3_692_217_600;
  bench.setCopy(page.PAGE_STRATUM, 2);
  bench.setCopy(page.PAGE_LEAP, 3);
  bench.setCopy(page.PAGE_SMEAR_EVENT_SECONDS, midnight | 0);
  bench.setCopy(page.PAGE_SMEAR_SIGN, 1);
  bench.setCopy(page.COPY_NOW_SECONDS, (midnight - 1) | 0);
  const header = new ServedHeader();
  header.refresh(bench.copy);
  expect([header.leap, header.stratum]).toEqual([3, 2]);
  for (const smear of [SMEAR_LINEAR, SMEAR_SLEW] as const) {
    header.refresh(bench.copy, smear);
    expect([header.leap, header.stratum]).toEqual([0, 2]);
  }
  bench.setCopy(page.PAGE_STRATUM, 16);
  header.refresh(bench.copy, SMEAR_LINEAR);
  expect([header.leap, header.stratum]).toEqual([3, 0]);
});
