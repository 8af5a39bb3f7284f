import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { DEFAULT_POLICY } from '../../src/core/server/listener-policy.ts';
import { KeyRing } from '../../src/native/key-ring.ts';
import { LoopbackClient, LoopbackServer, localTime } from '../support/loopback-server.ts';
import { request } from '../support/requests.ts';

const secret = Uint8Array.from(Buffer.from('correct horse battery'));
const digest = (packet: Uint8Array) => createHash('sha512').update(secret).update(packet).digest();

test('replies are sealed over the transmit stamp that they carry, in version 4 and 3', async () => {
  const server = new LoopbackServer();
  server.publisher.publish(localTime());
  const keys = new KeyRing(server.path.arena, [{ id: 42, algorithm: 'sha512', secret }]);
  server.path.useKeys(keys);
  server.responder.install([DEFAULT_POLICY], keys);
  const client = await LoopbackClient.open();
  for (const [version, octets] of [
    [4, 20],
    [3, 64],
  ] as const) {
    const header = request(version);
    const packet = new Uint8Array([...header, 0, 0, 0, 42, ...digest(header).subarray(0, octets)]);
    const count = client.received.length + 1;
    await client.send(packet, server.ports[0] as number);
    while (server.turn() === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await client.expect(count);
    const reply = client.received[count - 1]?.octets as Uint8Array;
    expect(reply.length).toBe(packet.length);
    expect(Array.from(reply.subarray(48, 52))).toEqual([0, 0, 0, 42]);
    expect(Buffer.from(reply.subarray(52))).toEqual(digest(reply.subarray(0, 48)).subarray(0, octets));

    packet[60] = (packet[60] as number) ^ 1;
    await client.send(packet, server.ports[0] as number);
    while (server.turn() === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  expect(server.counters().authenticated).toBe(2);
  expect(server.counters().drops['bad-mac']).toBe(2);
  client.close();
  server.close();
});
