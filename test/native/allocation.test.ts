import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { closeSocket, openSocket, probeChosenIds } from '../../src/native/packet-socket.ts';
import { openWakeEvent, signalWakeEvent } from '../../src/native/wake-event.ts';
import { allocateControl, CONTROL_STOP } from '../../src/workers/control-block.ts';
import { allocateCounters, readCounters } from '../../src/workers/counters.ts';
import { SystemClockPublisher } from '../../src/workers/system-clock-publisher.ts';
import { TimePage } from '../../src/workers/time-page.ts';
import { LoopbackClient, localTime } from '../support/loopback-server.ts';
import { request } from '../support/requests.ts';

const WORKER = fileURLToPath(new URL('../support/allocation-worker.mjs', import.meta.url));
const resourceLimits = { maxYoungGenerationSizeMb: 1 };

interface Outcome {
  collections: number;
  kept: boolean;
}

/** Answers over arrays; nothing but the loop's own code runs. */
async function overArrays(packets: number, allocating: boolean): Promise<Outcome> {
  const worker = new Worker(WORKER, { workerData: { mode: 'arrays', packets, allocating }, resourceLimits });
  const [outcome] = (await once(worker, 'message')) as [Outcome];
  await worker.terminate();
  return outcome;
}

/** Serves `packets` requests over loopback through the addon, after a fifth of that as warm-up. */
async function overLoopback(packets: number, allocating: boolean): Promise<Outcome> {
  const page = new TimePage();
  const publisher = new SystemClockPublisher(page);
  publisher.publish(localTime());
  const socket = openSocket({ address: '127.0.0.1', port: 0, receiveBufferOctets: 1 << 21 });
  const wakeFd = openWakeEvent();
  const control = allocateControl(1);
  const counters = allocateCounters(1);
  const path = {
    sockets: [{ fd: socket.fd, listener: 0, port: socket.port, wildcard: socket.wildcard }],
    wakeFd,
    workerIndex: 0,
    workerBits: 0,
    chosenIds: probeChosenIds(),
    correctTransmit: true,
  };
  const worker = new Worker(WORKER, {
    workerData: { mode: 'loopback', packets, allocating, path, control, counters, page: page.memory },
    resourceLimits,
  });
  const messages: unknown[] = [];
  worker.on('message', (message) => messages.push(message));
  const said = async (count: number) => {
    while (messages.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  const client = await LoopbackClient.open();
  const octets = request();
  let wanted = 0;
  for (const [phase, count] of [packets / 5, packets].entries()) {
    await said(phase + 1);
    wanted += count;
    while (readCounters(counters, 0).received < wanted) {
      for (let i = 0; i < 200; i++) client.post(octets, socket.port);
      publisher.publish(localTime());
      await new Promise((resolve) => setImmediate(resolve));
    }
    Atomics.store(new Int32Array(control), CONTROL_STOP, 1);
    signalWakeEvent(wakeFd);
  }
  await said(3);
  client.close();
  await worker.terminate();
  closeSocket(socket.fd);
  closeSocket(wakeFd);
  return messages[2] as Outcome;
}

test('nine million answers over arrays collect nothing in a young generation of 1 MiB', async () => {
  expect(await overArrays(9_000_000, false)).toEqual({ collections: 0, kept: false });
});

test('a million answers over loopback through the addon collect nothing in a young generation of 1 MiB', async () => {
  expect(await overLoopback(1_000_000, false)).toEqual({ collections: 0, kept: false });
});

test('one object per packet is caught, over arrays and over loopback', async () => {
  expect((await overArrays(500_000, true)).collections).toBeGreaterThan(0);
  expect((await overLoopback(100_000, true)).collections).toBeGreaterThan(0);
});
