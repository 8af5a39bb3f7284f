/** Overload: the guard before real sockets, and what the log says of a kernel that does not let us choose. */
import { afterEach, expect, test } from 'vitest';
import { Gate, gateSharedOctets } from '../../src/core/server/gate.ts';
import { DEFAULT_POLICY, type ListenerPolicy } from '../../src/core/server/listener-policy.ts';
import { DEFAULT_RATE_LIMITS } from '../../src/core/server/rate-limit.ts';
import { Standing } from '../../src/core/server/standing.ts';
import {
  STANDING_ADMIT_BEFORE,
  STANDING_NOW,
  STANDING_SHARE,
  STANDING_SHED,
} from '../../src/core/server/standing-rows.ts';
import { BATCH_PACKETS } from '../../src/native/packet-path.ts';
import { closeSocket, openSocket } from '../../src/native/packet-socket.ts';
import { OverloadGuard } from '../../src/workers/overload-guard.ts';
import { mapShare, StandingFilters } from '../../src/workers/standing-filters.ts';
import { LoopbackClient, LoopbackServer, localTime } from '../support/loopback-server.ts';
import { PROGRAM } from '../support/ntpd-ts.ts';
import { request } from '../support/requests.ts';
import { describeWith } from '../support/requirement.ts';
import { Child } from '../support/run.ts';
import { closeAll, openPool, workerOf } from '../support/server-pool.ts';

const HASH_KEY = [1, -2] as const;
const LIMITED = { ...DEFAULT_POLICY, limits: DEFAULT_RATE_LIMITS };
const LONG_US = 20_000;

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await closeAll();
});

/** A server on this thread with a guard, whose clock the test turns. */
function guarded(policy: ListenerPolicy = LIMITED) {
  const filters = new StandingFilters(1, HASH_KEY);
  closing.push(() => filters.close());
  const share = filters.share(0);
  const { clients, row } = mapShare(share, 0);
  const buckets = new SharedArrayBuffer(gateSharedOctets(1024));
  const gate = new Gate({ hashKey: HASH_KEY, buckets }, 1024, 3, new Standing(clients));
  const tables = { gate, store: null, talkers: null, workerIndex: 0, workerBits: 0 };
  const server = new LoopbackServer([{ address: '127.0.0.1' }], { standing: row }, policy, tables);
  closing.push(() => server.close());
  server.publisher.publish(localTime());
  const [port] = server.ports as [number];
  const sockets = [{ fd: server.descriptors[0] as number, listener: 0, port, wildcard: false }];
  const filter = { program: share.program, row };
  const start = (): OverloadGuard => {
    const guard = new OverloadGuard(gate, filter);
    guard.install(sockets, [policy]);
    return guard;
  };
  const guard = start();
  let seconds = 1000;
  /** Turns of a worker whose requests waited so long, 10 ms apart. */
  const pass = (turns: number, ageUs: number, over = guard): void => {
    for (let i = 0; i < turns; i++) {
      seconds += 0.01;
      gate.time.set(seconds);
      gate.standingUnit = (seconds >> 2) & 0xffff;
      over.step(BATCH_PACKETS, ageUs);
    }
  };
  /** How many of `count` requests from an address enter. */
  const entering = async (address: string, count = 10): Promise<number> => {
    const client = await LoopbackClient.open(address);
    for (let i = 0; i < count; i++) await client.send(request(), port);
    client.close();
    return server.turn();
  };
  return { guard, start, gate, row, pass, entering, server, sockets };
}

await describeWith({ root: true }, 'the overload guard', () => {
  test('puts the filter before the sockets while the queue is long, and takes it away after', async () => {
    const { gate, row, pass, entering, server } = guarded();
    pass(10, LONG_US);
    expect(await entering('127.0.3.1')).toBe(10);
    expect(gate.overloaded).toBe(false);
    pass(2, LONG_US);
    expect(gate.overloaded).toBe(true);
    row[STANDING_SHARE] = 0;
    expect(await entering('127.0.3.1')).toBe(0);
    expect(row[STANDING_SHED]).toBe(10);
    pass(200, 0);
    expect(gate.overloaded).toBe(false);
    row[STANDING_SHARE] = 0;
    expect(await entering('127.0.3.1')).toBe(10);
    expect(server.counters()).toMatchObject({ shed: 10, kernelDrops: 0 });
  });

  test('lets in who was answered within limits before, and lets nothing over a limit through', async () => {
    const { gate, row, pass, entering } = guarded();
    // Sources on loopback have no limit to keep, and are known all the same; in which unit is for the real clock to say.
    expect(await entering('127.0.3.2', 1)).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 4100));
    expect(await entering('127.0.3.2', 1)).toBe(1);
    const now = gate.standingUnit;
    pass(12, LONG_US);
    expect(gate.overloaded).toBe(true);
    row[STANDING_SHARE] = 0;
    row[STANDING_NOW] = now;
    row[STANDING_ADMIT_BEFORE] = now; // as if they had been there for longer
    expect(await entering('127.0.3.2')).toBe(10);
    expect(await entering('127.0.3.3')).toBe(0);
  });

  test('leaves alone a listener without limits, or of which all clients are to be alike', async () => {
    for (const policy of [DEFAULT_POLICY, { ...LIMITED, shedUnknown: false }]) {
      const { row, pass, entering } = guarded(policy);
      pass(12, LONG_US);
      row[STANDING_SHARE] = 0;
      expect(await entering('127.0.3.1')).toBe(10);
    }
  });

  test('takes away the filter that a lost worker left, and keeps its own over a change of policy', async () => {
    const { guard, start, row, pass, entering, sockets } = guarded();
    pass(12, LONG_US);
    guard.install(sockets, [LIMITED]);
    row[STANDING_SHARE] = 0;
    expect(await entering('127.0.3.1')).toBe(0);
    start();
    row[STANDING_SHARE] = 0;
    expect(await entering('127.0.3.1')).toBe(10);
  });

  test('stands ready in every worker of a pool, also in one that was replaced', async () => {
    const serving = await openPool({ listeners: [{ address: '127.0.0.1', port: 0, policy: LIMITED }] });
    expect(serving.sheddingFault).toBeNull();
    await serving.terminateWorker(0);
    await serving.ready();
    expect(await workerOf(serving, '127.0.0.9')).toBeGreaterThanOrEqual(0);
  });

  const served = async (drop: readonly string[]): Promise<string> => {
    const free = openSocket({ address: '127.0.0.1', port: 0 });
    closeSocket(free.fd);
    const args = ['serve', '--clock', 'none', '--local-stratum', '1', '--listen', `127.0.0.1:${free.port}`];
    const child = new Child(['setpriv', ...drop, '--', process.execPath, PROGRAM, ...args]);
    closing.push(() => child.stop());
    await child.saw(/"workers":\d+/);
    return child.output;
  };

  test('is there with no other capability than CAP_BPF', async () => {
    const none = ['--bounding-set', '-all,+bpf', '--inh-caps', '-all'];
    expect(await served(none)).toContain('in overload clients in good standing go first');
  });

  test('is missed in the log without CAP_BPF', async () => {
    const none = ['--bounding-set', '-bpf,-sys_admin', '--inh-caps', '-bpf,-sys_admin'];
    const log = await served(none);
    expect(log).toMatch(/"level":40.*in overload all clients fare alike: no socket filter: .*EPERM.*needs CAP_BPF/);
  });
});
