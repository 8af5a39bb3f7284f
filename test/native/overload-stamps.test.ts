import { afterEach, expect, test } from 'vitest';
import * as slot from '../../src/core/server/slot.ts';
import type { PacketPathOptions } from '../../src/native/packet-path.ts';
import { AskingServer, BATCH } from '../support/asking-server.ts';

/** The fuzz below the precision of the page, and what half a double's NTP seconds are off. */
const SAME_SECONDS = 0.5e-6;

const open: { close(): void }[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

async function openServer(options: Partial<PacketPathOptions>): Promise<AskingServer> {
  const server = await AskingServer.open(options);
  open.push(server);
  return server;
}

test('in overload that lasts the daemon’s stamps stand in for the kernel’s, and afterwards the kernel’s are back', async () => {
  const server = await openServer({});
  expect(await server.overload(slot.STAMP_DAEMON, 2 * BATCH)).toBe(true);
  const spared = server.told.filter(({ source }) => source === slot.STAMP_DAEMON);
  for (const { seconds, t3Seconds } of spared) expect(Math.abs(seconds - t3Seconds)).toBeLessThan(SAME_SECONDS);
  expect(server.told.some(({ source }) => source === slot.STAMP_KERNEL)).toBe(true);

  for (let i = 0; i < 16; i++) await server.turn(1);
  const before = server.told.length;
  for (let i = 0; i < 16; i++) await server.turn(1);
  const after = server.told.slice(before);
  expect(after.length).toBeGreaterThan(0);
  expect(after.every(({ source }) => source === slot.STAMP_KERNEL)).toBe(true);

  const counters = server.serving.counters();
  expect(counters.txKeptDaemon).toBe(server.told.filter(({ source }) => source === slot.STAMP_DAEMON).length);
  expect(counters.txKeptDaemon + counters.txKeptKernel).toBe(server.told.length);
  expect(counters.txStampsLost).toBe(0);
});

test('where transmit stamps are not corrected, every one is asked for in overload, too', async () => {
  const server = await openServer({ correctTransmit: false });
  for (let batch = 0; batch < 1000; batch++) await server.turn(BATCH);
  expect(server.told.length).toBeGreaterThan(900 * BATCH);
  expect(server.told.every(({ source }) => source === slot.STAMP_KERNEL)).toBe(true);
});

test('what is told while sending without waiting is not lost', async () => {
  const server = await openServer({});
  expect(await server.overload(slot.STAMP_DAEMON, 2 * BATCH)).toBe(true);
  const before = server.told.length;
  server.flush();
  await server.turn(1);
  expect(server.told.length - before).toBe(BATCH);
});
