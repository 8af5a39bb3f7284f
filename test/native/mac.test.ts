import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { COUNT_DROPS } from '../../src/core/server/batch-responder.ts';
import { DEFAULT_POLICY } from '../../src/core/server/listener-policy.ts';
import { KeyRing } from '../../src/native/key-ring.ts';
import { LoopbackClient, LoopbackServer, localTime } from '../support/loopback-server.ts';
import { field, ResponderBench, request } from '../support/requests.ts';
import { workerTables } from '../support/responder-tables.ts';

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

test.each([false, true])(
  'a MAC of any length from 0 to 72, with fields before it or none, gets no longer a reply (crypto-NAK: %s)',
  (cryptoNak) => {
    const bench = new ResponderBench(3, { ...DEFAULT_POLICY, cryptoNak }, workerTables());
    const keys = new KeyRing(bench.octets, [{ id: 42, algorithm: 'sha1', secret }]);
    bench.responder.install([{ ...DEFAULT_POLICY, cryptoNak }], keys);
    let asked = 0;
    for (const version of [1, 2, 3, 4]) {
      for (const fields of version < 4 ? [0] : [0, 16, 28, 32, 100]) {
        for (let octets = 0; octets <= 72; octets++) {
          const body = request(version, 3, fields === 0 ? [] : field(0x2005, fields));
          const right = [0, 0, 0, 42, ...createHash('sha1').update(secret).update(body).digest()];
          for (const filler of [right, right.toReversed(), [0], [255]]) {
            const trailer = Array.from({ length: octets }, (_, i) => filler[i % filler.length] as number);
            const packet = new Uint8Array([...body, ...trailer]);
            bench.octets.fill(0x5a);
            const reply = bench.answer(packet);
            asked++;
            expect(reply?.length ?? 0).toBeLessThanOrEqual(packet.length);
            expect(bench.octets.subarray(packet.length).every((octet) => octet === 0x5a)).toBe(true);
            const isWhole = octets === 0 || (filler === right && octets === 24);
            if (isWhole) expect(reply?.length).toBe(octets === 0 ? 48 : 72);
            else expect([0, cryptoNak ? 52 : 0]).toContain(reply?.length ?? 0);
          }
        }
      }
    }
    const answers = bench.counters.subarray(0, 8).reduce((sum, count) => sum + count, 0);
    const drops = bench.counters.subarray(COUNT_DROPS).reduce((sum, count) => sum + count, 0);
    expect(answers + drops).toBe(asked);
    expect(answers).toBe(8 * (4 + 1)); // of each of eight forms four without a MAC, and the one that is right
  },
);
