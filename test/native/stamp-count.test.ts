import { afterEach, expect, test } from 'vitest';
import * as slot from '../../src/core/server/slot.ts';
import { LoopbackClient, LoopbackServer, localTime, ntpSeconds } from '../support/loopback-server.ts';
import { request } from '../support/requests.ts';
import { answerAsking, expectOwnStamps, type TransmitReport } from '../support/transmit-reports.ts';

/** Asks in all: more than can be open at once, so that the numbers of all sockets come round. */
const ASKS_MIN = 5000;
const KERNEL = { source: slot.STAMP_KERNEL };

const open: { close(): void }[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

function keep<T extends { close(): void }>(made: T): T {
  open.push(made);
  return made;
}

/** A server whose transmit stamps are numbered by the kernel, each socket by its own count. */
function counted(listeners: number): LoopbackServer {
  const serving = keep(
    new LoopbackServer(
      Array.from({ length: listeners }, () => ({})),
      { chosenIds: false },
    ),
  );
  serving.publisher.publish(localTime());
  return serving;
}

/** Asks the listeners by their index, in this order, and checks that each stamp told of is that of its own reply. */
async function ask(
  serving: LoopbackServer,
  asking: LoopbackClient,
  order: readonly number[],
): Promise<TransmitReport[]> {
  asking.received.length = 0;
  for (const listener of order) await asking.send(request(), serving.ports[listener] as number);
  const reports = await answerAsking(serving, asking, 1000);
  await asking.expect(order.length);
  expect(reports.map(({ cookie }) => cookie)).toEqual(order.map((_, i) => 1000 + i));
  expectOwnStamps(
    reports,
    asking.received.map(({ octets }) => ntpSeconds(octets, 40)),
  );
  return reports;
}

test('two listeners whose stamps the kernel counts alike do not take each other’s', async () => {
  const serving = counted(2);
  const asking = keep(await LoopbackClient.open());
  expect(await ask(serving, asking, [0, 1])).toMatchObject([KERNEL, KERNEL]);
  for (let asked = 2, round = 0; asked < ASKS_MIN; round++) {
    // Now alike, now one ahead of the other by more than the other asks at a time.
    const order = Array.from({ length: 24 }, (_, i) => (round % 3 === 0 ? i % 2 : i % 5 === 0 ? 1 : 0));
    expect(await ask(serving, asking, order)).toMatchObject(order.map(() => KERNEL));
    asked += order.length;
  }
  expect(serving.counters().txStampsLost).toBe(0);
});

test('a listener that was never asked is counted from the first time on, however far the others are', async () => {
  const serving = counted(3);
  const asking = keep(await LoopbackClient.open());
  for (let round = 0; round < 10; round++) await ask(serving, asking, [0, 0, 0]);
  expect(await ask(serving, asking, [1])).toMatchObject([KERNEL]);
  expect(await ask(serving, asking, [0, 1, 2, 0, 1])).toMatchObject([KERNEL, KERNEL, KERNEL, KERNEL, KERNEL]);
  expect(serving.counters().txStampsLost).toBe(0);
});

for (const chosenIds of [true, false]) {
  const ids = chosenIds ? 'ids that we choose' : "the kernel's own count";

  test(`under ${ids} a successor takes no stamp that a lost worker left behind for one of its own`, async () => {
    const lost = keep(new LoopbackServer([{}, {}], { chosenIds }));
    lost.publisher.publish(localTime());
    const asking = keep(await LoopbackClient.open());
    for (const order of [
      [0, 1],
      [0, 0, 1, 1, 1],
    ]) {
      for (const listener of order) await asking.send(request(), lost.ports[listener] as number);
      const received = lost.path.exchange(0);
      lost.responder.answer(received);
      for (let i = 0; i < received; i++) {
        lost.path.table[i * slot.SLOT_WORDS + slot.SLOT_REPLY_FLAGS] = slot.REPLY_REPORT_TX;
      }
      lost.path.flush(received); // and never looks for the stamps
    }
    await asking.expect(7);
    const successor = lost.succeed({ chosenIds });
    successor.publisher.publish(localTime());
    expect(await ask(successor, asking, [0, 1])).toMatchObject([KERNEL, KERNEL]);
    expect(await ask(successor, asking, [0, 1, 0, 1])).toMatchObject([KERNEL, KERNEL, KERNEL, KERNEL]);
    expect(successor.counters().txStampsLost).toBe(0);
  });
}
