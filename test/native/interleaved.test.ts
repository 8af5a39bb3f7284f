import { afterEach, beforeEach, expect, test } from 'vitest';
import { LoopbackClient, LoopbackServer, localTime, ntpSeconds } from '../support/loopback-server.ts';
import { request } from '../support/requests.ts';
import { workerTables } from '../support/responder-tables.ts';

let server: LoopbackServer;
let client: LoopbackClient;

beforeEach(async () => {
  server = new LoopbackServer([{}], { correctTransmit: false }, undefined, workerTables());
  server.publisher.publish(localTime());
  client = await LoopbackClient.open();
});

afterEach(() => {
  client.close();
  server.close();
});

async function exchange(packet: Uint8Array): Promise<Uint8Array> {
  const count = client.received.length + 1;
  await client.send(packet, server.ports[0] as number);
  while (server.turn() === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  await client.expect(count);
  return client.received[count - 1]?.octets as Uint8Array;
}

/** The next request of a client in interleaved mode: it names the reply's receive stamp. */
function following(reply: Uint8Array, nonce: number): Uint8Array {
  const packet = request();
  packet.set(reply.subarray(32, 40), 24);
  packet.fill(nonce, 32, 40);
  return packet;
}

test('a client that names receive stamps gets the kernel’s transmit stamp from the third reply on', async () => {
  let reply = await exchange(request());
  reply = await exchange(following(reply, 1));
  for (let i = 2; i < 30; i++) {
    const before = reply;
    reply = await exchange(following(before, i));
    expect(Array.from(reply.subarray(24, 32))).toEqual(new Array(8).fill(i));
    const sentAfterSeconds = ntpSeconds(reply, 40) - ntpSeconds(before, 32);
    expect(sentAfterSeconds).toBeGreaterThan(0);
    expect(sentAfterSeconds).toBeLessThan(0.1);
    expect(ntpSeconds(reply, 32)).toBeGreaterThan(ntpSeconds(reply, 40));
    expect((reply[39] as number) & 1).toBe(1);
    expect((reply[47] as number) & 1).toBe(0);
  }
  expect(server.counters().interleaved).toBe(28);
  expect(server.counters().txStampsLost).toBe(0);
});

test('clients in basic mode ask for no transmit stamps', async () => {
  for (let i = 0; i < 20; i++) {
    const reply = await exchange(request());
    const echo = request();
    echo.set(reply.subarray(40, 48), 24);
    await exchange(echo);
  }
  expect(server.counters().interleaved).toBe(0);
  expect(server.counters().txStamps).toBe(0);
});
