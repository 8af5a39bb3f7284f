import { createSocket } from 'node:dgram';
import { afterEach, expect, test } from 'vitest';
import { LoopbackClient, LoopbackServer, localTime } from '../support/loopback-server.ts';
import { request } from '../support/requests.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

/**
 * Connects an open socket: an ICMP error is then brought to it, as other errors may be to any socket. Nothing may be
 * awaited from then on, or Node reads from it.
 */
function connect(fd: number, port: number): void {
  const socket = createSocket({ type: 'udp4', lookup: (host, _, done) => done(null, host, 4) });
  open.push(socket);
  socket.bind({ fd });
  socket.connect(port, '127.0.0.1');
}

test('an error of a socket that brings no packet is fetched once, and then waits are waits again', async () => {
  const serving = new LoopbackServer();
  open.push(serving);
  serving.publisher.publish(localTime());
  const asking = await LoopbackClient.open();
  await asking.send(request(), serving.ports[0] as number);
  connect(serving.descriptors[0] as number, asking.port);
  asking.close();
  expect(serving.turn()).toBe(1);
  expect(serving.counters()).toMatchObject({ answered: 1, receiveErrors: 0 });
  for (let turn = 0; turn < 3; turn++) expect(serving.turn()).toBe(0);
  expect(serving.counters().receiveErrors).toBe(1);
  const startMs = performance.now();
  expect(serving.path.exchange(0)).toBe(0);
  expect(performance.now() - startMs).toBeGreaterThan(400);
});
