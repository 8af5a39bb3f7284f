import { afterEach, beforeEach, expect, test } from 'vitest';
import * as slot from '../../src/core/server/slot.ts';
import { AskingServer, BATCH } from '../support/asking-server.ts';
import { LoopbackClient, LoopbackServer, localTime, ntpSeconds } from '../support/loopback-server.ts';
import { describeInOwnNetwork } from '../support/own-network.ts';
import { request } from '../support/requests.ts';
import { run, runOk } from '../support/run.ts';
import { answerAsking, expectOwnStamps, type TransmitReport } from '../support/transmit-reports.ts';

/** An address of the host itself that replies find no way to. */
const CUT_OFF = '10.99.0.1';
const REQUESTS = 640;

const open: { close(): void }[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

function server(...args: ConstructorParameters<typeof LoopbackServer>): LoopbackServer {
  const made = new LoopbackServer(...args);
  open.push(made);
  made.publisher.publish(localTime());
  return made;
}

async function client(address?: string): Promise<LoopbackClient> {
  const made = await LoopbackClient.open(address);
  open.push(made);
  return made;
}

await describeInOwnNetwork(import.meta.url, 'replies that the kernel does not take', () => {
  beforeEach(async () => {
    await run(['ip', 'address', 'add', `${CUT_OFF}/32`, 'dev', 'lo']);
    // Routes of the host itself are looked up first of all: only a rule before them can cut off an address of its own.
    for (const rule of ['add pref 2 lookup local', 'del pref 0', `add pref 1 to ${CUT_OFF} prohibit`]) {
      await run(['ip', 'rule', ...rule.split(' ')]);
    }
  });

  for (const chosenIds of [true, false]) {
    const ids = chosenIds ? 'ids that we choose' : "the kernel's own count";

    test(`are counted and the others sent, and stamps under ${ids} stay with their replies`, async () => {
      const serving = server([{}], { chosenIds });
      const [near, far] = [await client(), await client(CUT_OFF)];
      const port = serving.ports[0] as number;
      let cookie = 1;
      const ask = async (order: readonly LoopbackClient[]): Promise<TransmitReport[]> => {
        near.received.length = 0;
        for (const each of order) await each.send(request(), port);
        const reports = await answerAsking(serving, near, cookie);
        cookie += order.length;
        const sent = order.filter((each) => each === near).length;
        await near.expect(sent);
        expect(reports.map((report) => report.cookie)).toEqual(order.map((_, i) => cookie - order.length + i));
        const own = reports.filter((_, i) => order[i] === near);
        expectOwnStamps(
          own,
          near.received.map(({ octets }) => ntpSeconds(octets, 40)),
        );
        return own;
      };
      const kernel = { source: slot.STAMP_KERNEL };
      expect(await ask([near])).toMatchObject([kernel]); // the first stamp tells where the kernel counts
      expect(await ask([near, near, near])).toMatchObject([kernel, kernel, kernel]);
      const mixed = await ask([near, far, near, far, near]);
      expect(mixed[0]).toMatchObject(kernel);
      expect(serving.counters().sendRefused).toBe(2);
      expect(await ask([near])).toMatchObject([kernel]);
      expect(await ask([near, near, near])).toMatchObject([kernel, kernel, kernel]);
      expect(serving.counters().answered).toBe(11);
    });
  }

  test('leave no stamp to the wrong reply of a chunk where the kernel counts them', async () => {
    // Without the correction of T3 all replies of a chunk may ask, as they may with a card's stamps.
    const capacity = 8;
    const serving = server([{}], { chosenIds: false, correctTransmit: false, capacity });
    const [near, far] = [await client(), await client(CUT_OFF)];
    const ask = async (order: readonly LoopbackClient[]): Promise<number[]> => {
      for (const each of order) await each.send(request(), serving.ports[0] as number);
      return (await answerAsking(serving, near, 1)).map(({ source }) => source);
    };
    const [kernel, daemon] = [slot.STAMP_KERNEL, slot.STAMP_DAEMON];
    expect(await ask([near])).toEqual([kernel]);
    const fullBatchesUntilChunks = 40;
    let replies = 0;
    for (let batch = 0; batch < fullBatchesUntilChunks; batch++) {
      for (let i = 0; i < capacity; i++) await near.send(request(), serving.ports[0] as number);
      replies = serving.path.exchange(replies);
      serving.responder.answer(replies);
    }
    serving.path.flush(replies);
    const broken = await ask([near, near, near, far, near, near, near, near]);
    expect(broken).toEqual([kernel, kernel, kernel, daemon, daemon, daemon, daemon, daemon]);
    expect(await ask([near])).toEqual([kernel]);
    expect(await ask([near, near, near])).toEqual([kernel, kernel, kernel]);
  });

  test('teach nothing about how long a call takes that sends', async () => {
    const serving = await AskingServer.open({});
    open.push(serving);
    const [near, far] = [serving.client, await client(CUT_OFF)];
    // In overload, which then lasts, where a plain reply's own time to the wire is learned.
    for (let batch = 0; batch < 480; batch++) await serving.turn(BATCH);
    serving.client = far;
    for (let batch = 0; batch < 3000; batch++) await serving.turn(BATCH);
    serving.client = near;
    await serving.turn(BATCH);
    await serving.turn(BATCH);
    const before = serving.told.length;
    while (serving.told.length < before + BATCH) await serving.turn(BATCH);
    const sources = serving.told.slice(before, before + BATCH).map(({ source }) => source);
    // All but a sample ask the kernel, as nobody's own time is known yet.
    expect(sources.filter((source) => source === slot.STAMP_KERNEL).length).toBeGreaterThan(BATCH / 2);
  });

  /** Has the loopback send little more than a dozen packets at once, and hold others back, up to `limit` octets. */
  async function slowDown(skip: () => void, limit: number): Promise<void> {
    const bucket = ['tbf', 'rate', '64kbit', 'burst', '2000', 'limit', `${limit}`];
    const slowed = await run(['tc', 'qdisc', 'add', 'dev', 'lo', 'root', ...bucket]);
    if (slowed.status !== 0) {
      console.warn(`SKIPPED: this kernel cannot slow an interface down: ${slowed.stderr}`);
      skip();
    }
  }

  test('nor are taken yet leave no stamp to a successor of who sent them', async ({ skip }) => {
    const capacity = 32;
    const lost = server([{}], { chosenIds: false, capacity });
    const asking = await client();
    for (let i = 0; i < capacity + 4; i++) await asking.send(request(), lost.ports[0] as number);
    const received = lost.path.exchange(0);
    expect(received).toBe(capacity);
    lost.responder.answer(received);
    for (let i = 0; i < received; i++) {
      lost.path.table[i * slot.SLOT_WORDS + slot.SLOT_REPLY_FLAGS] = slot.REPLY_REPORT_TX;
    }
    await slowDown(skip, 10_000_000);
    lost.path.flush(received);
    const successor = lost.succeed({ chosenIds: false });
    open.push(successor);
    successor.publisher.publish(localTime());
    // The stamps of the lost worker's replies come after these were sent.
    const [kernel, daemon] = [slot.STAMP_KERNEL, slot.STAMP_DAEMON];
    const sources = (await answerAsking(successor, asking, 1)).map(({ source }) => source);
    await runOk(['tc', 'qdisc', 'del', 'dev', 'lo', 'root']);
    expect(sources).toEqual([daemon, daemon, daemon, daemon]);
    const later = await client();
    while (successor.turn() > 0);
    for (let i = 0; i < 2; i++) {
      await later.send(request(), successor.ports[0] as number);
      const reports = await answerAsking(successor, later, 1);
      expect(reports).toMatchObject([{ source: kernel }]);
    }
  });

  /** Answers many requests while the loopback lets little through, and one more when it is as it was. */
  async function overwhelm(skip: () => void, limit: number): Promise<LoopbackServer> {
    const serving = server([{ receiveBufferOctets: 1 << 21 }]);
    const asking = await client();
    const port = serving.ports[0] as number;
    for (let i = 0; i < REQUESTS; i++) await asking.send(request(), port);
    await slowDown(skip, limit);
    for (let received = 0; received < REQUESTS; ) received += serving.turn();
    await runOk(['tc', 'qdisc', 'del', 'dev', 'lo', 'root']);
    const { answered, sendWouldBlock, sendNoBuffer } = serving.counters();
    expect(answered + sendWouldBlock + sendNoBuffer).toBe(REQUESTS);
    asking.received.length = 0;
    const later = await client();
    await later.send(request(), port);
    expect(serving.turn()).toBe(1);
    await later.expect(1);
    return serving;
  }

  test('for want of room in the socket are counted, and later ones are sent', async ({ skip }) => {
    expect((await overwhelm(skip, 10_000_000)).counters().sendWouldBlock).toBeGreaterThan(100);
  });

  test('but drops in the queue of the interface count as sent, and later ones are sent', async ({ skip }) => {
    expect((await overwhelm(skip, 4000)).counters()).toMatchObject({ answered: REQUESTS + 1, sendNoBuffer: 0 });
  });

  test('because the client is gone cost nobody else a reply', async () => {
    for (const [address, source] of [
      ['127.0.0.1', '127.0.0.1'],
      ['::1', '::1'],
    ] as const) {
      const serving = server([{ address }]);
      const port = serving.ports[0] as number;
      const staying = await client(source);
      for (let i = 0; i < 10; i++) {
        const leaving = await LoopbackClient.open(source);
        await leaving.send(request(), port, address);
        leaving.close();
        await staying.send(request(), port, address);
      }
      while (serving.counters().received < 20) serving.turn();
      await staying.expect(10);
      serving.turn();
      expect(serving.counters()).toMatchObject({ answered: 20, sendRefused: 0 });
      expect(serving.counters().receiveErrors).toBe(0);
    }
  });
});
