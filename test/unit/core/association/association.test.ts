import { describe, expect, test } from 'vitest';
import { VERDICTS, type Verdict } from '../../../../src/core/association/verdict.ts';
import type { SourceOptions } from '../../../../src/core/coordinator-options.ts';
import { CoordinatorWorld, refidOf, type TestServer } from '../../../support/coordinator-world.ts';

const SERVER = '192.0.2.1';

/** Runs one source for a minute against a server that answers like this, after a good start if asked for. */
function provoke(script: Partial<TestServer>, source: Partial<SourceOptions> = {}, warmUp = 0): CoordinatorWorld {
  const world = new CoordinatorWorld({ sources: [{ address: SERVER, ...source }] });
  const server = world.addServer(SERVER);
  world.coordinator.setOwnRefids([refidOf('192.0.2.99')]);
  world.runUntil(warmUp);
  Object.assign(server, script);
  world.runUntil(warmUp + 60);
  return world;
}

function counter(world: CoordinatorWorld, name: string): number {
  return world.coordinator.status(world.nowLocal).sources[0]?.counters[name] ?? -1;
}

function edited(edit: (view: DataView) => void): Partial<TestServer> {
  return {
    tamper: (reply) => {
      edit(new DataView(reply.buffer));
      return reply;
    },
  };
}

function kiss(code: string): Partial<TestServer> {
  return edited((view) => {
    view.setUint8(0, 0xe4);
    view.setUint8(1, 0);
    for (let at = 0; at < 4; at++) view.setUint8(12 + at, code.charCodeAt(at));
  });
}

describe('every verdict has a counter', () => {
  test.each<[Verdict, Partial<TestServer>, Partial<SourceOptions>]>([
    ['malformed', { tamper: (reply) => reply.subarray(0, 44) }, {}],
    ['wrong-mode', edited((view) => view.setUint8(0, 0x23)), {}],
    ['bogus', edited((view) => view.setUint32(24, 1)), {}],
    ['zero-stamp', edited((view) => view.setFloat64(32, 0)), {}],
    ['zero-stamp', edited((view) => view.setFloat64(40, 0)), {}],
    ['kiss-rate', kiss('RATE'), {}],
    ['kiss-deny', kiss('DENY'), {}],
    ['kiss-ntsn', kiss('NTSN'), {}],
    ['kiss-other', kiss('XYZ '), {}],
    ['unsynchronised', { leap: 3 }, {}],
    ['unsynchronised', { stratum: 16 }, {}],
    ['stratum', { stratum: 4 }, { stratumMax: 3 }],
    ['future-reftime', edited((view) => view.setUint32(16, view.getUint32(40) + 100)), {}],
    ['root-distance', { rootDispersionSeconds: 17 }, {}],
    ['loop', { stratum: 2, refid: refidOf('192.0.2.99') }, {}],
    ['smearing', { stratum: 2, refid: 0x7f7f01ff }, {}],
    ['impossible-stamps', edited((view) => view.setUint32(40, view.getUint32(32) + 9)), {}],
    ['impossible-stamps', edited((view) => view.setUint32(40, view.getUint32(32) - 1)), {}],
    ['delay-long', { upSeconds: () => 0.2 }, { delaySecondsMax: 0.1 }],
    ['delay-short', {}, { delaySecondsMin: 0.1 }],
    ['used', {}, {}],
  ])('%s', (verdict, script, source) => {
    const world = provoke(script, source);
    expect(counter(world, verdict)).toBeGreaterThan(0);
    expect(world.coordinator.variables.stratum).toBe(verdict === 'used' ? 2 : 16);
    const others = VERDICTS.filter((one) => one !== verdict).map((one) => counter(world, one));
    expect(others.every((count) => count === 0)).toBe(true);
  });
});

/** A world whose first request has just gone out, unanswered so far, with the reply that it should get. */
function pendingExchange(): {
  world: CoordinatorWorld;
  reply: Uint8Array;
  token: number;
  deliver: (reply: Uint8Array, address?: string, port?: number) => void;
} {
  const world = new CoordinatorWorld({ sources: [{ address: SERVER }] });
  let reply = new Uint8Array();
  world.addServer(SERVER, {
    tamper: (octets) => {
      if (reply.length === 0) reply = octets.slice();
      return null;
    },
  });
  world.runUntil(0.5);
  const token = world.requests[0]?.token ?? 0;
  const deliver = (octets: Uint8Array, address = SERVER, port = 123): void => {
    const arrival = world.localAt((world.requests[0] && 0.3) || 0);
    world.coordinator.datagramReceived(world.nowLocal, token, octets, octets.length, arrival, 'kernel', address, port);
  };
  return { world, reply, token, deliver };
}

describe('one exchange', () => {
  test('takes one reply; the same again is a duplicate, another is late', () => {
    const { world, reply, deliver } = pendingExchange();
    deliver(reply);
    expect(counter(world, 'used')).toBe(1);
    deliver(reply);
    expect(counter(world, 'duplicate')).toBe(1);
    const other = reply.slice();
    other[47] = (other[47] ?? 0) ^ 1;
    deliver(other);
    expect(counter(world, 'late')).toBe(1);
    expect(counter(world, 'used')).toBe(1);
  });

  test('is not answered from another address or port', () => {
    const { world, reply, deliver } = pendingExchange();
    deliver(reply, '192.0.2.2');
    deliver(reply, SERVER, 1123);
    expect(counter(world, 'wrong-address')).toBe(2);
    deliver(reply);
    expect(counter(world, 'used')).toBe(1);
  });

  test('stays open after a bogus reply, so that the true one still counts', () => {
    const { world, reply, deliver } = pendingExchange();
    const forged = reply.slice();
    forged[24] = (forged[24] ?? 0) ^ 1;
    deliver(forged);
    expect(counter(world, 'bogus')).toBe(1);
    deliver(reply);
    expect(counter(world, 'used')).toBe(1);
  });

  test('without a transmit stamp gives no sample', () => {
    const { world, reply, token, deliver } = pendingExchange();
    world.coordinator.requestSent(world.nowLocal, token, Number.NaN, 'daemon');
    deliver(reply);
    expect(counter(world, 'no-transmit-stamp')).toBe(1);
  });

  test('a request that cannot be sent is counted and does not stop the next', () => {
    const { world, token } = pendingExchange();
    world.coordinator.requestFailed(world.nowLocal, token, 'ENETUNREACH');
    expect(counter(world, 'send-failures')).toBe(1);
    world.runUntil(10);
    expect(world.requests.length).toBeGreaterThan(3);
  });

  test('unknown tokens and empty datagrams are nobody’s', () => {
    const { world } = pendingExchange();
    world.coordinator.datagramReceived(world.nowLocal, 999, new Uint8Array(), 0, world.nowLocal, 'daemon', SERVER, 123);
    world.coordinator.requestSent(world.nowLocal, 999, 0, 'daemon');
    world.coordinator.requestFailed(world.nowLocal, 999, 'EPERM');
    expect(counter(world, 'used')).toBe(0);
  });
});

describe('requests', () => {
  test('one is in flight at a time, each with its own random stamp', () => {
    const world = new CoordinatorWorld({ sources: [{ address: SERVER }] });
    world.addServer(SERVER, { isUp: false });
    let inFlight = 0;
    let most = 0;
    let seen = 0;
    world.runUntil(300, () => {
      for (const output of world.outputs.slice(seen)) {
        if (output.kind === 'request') inFlight++;
        if (output.kind === 'release') inFlight--;
        most = Math.max(most, inFlight);
      }
      seen = world.outputs.length;
    });
    expect(most).toBe(1);
    const stamps = world.requests.map((request) => request.octets.subarray(40, 48).join());
    expect(new Set(stamps).size).toBe(stamps.length);
    expect(counter(world, 'timeouts')).toBeGreaterThan(8);
  });

  test('carry the source’s socket options', () => {
    const world = new CoordinatorWorld({
      sources: [
        {
          address: SERVER,
          port: 1234,
          bindAddress: '192.0.2.7',
          bindInterface: 'eth7',
          dscp: 46,
          sourcePort: 'sticky',
        },
      ],
    });
    world.runUntil(1);
    expect(world.requests[0]).toMatchObject({
      address: SERVER,
      port: 1234,
      bindAddress: '192.0.2.7',
      bindInterface: 'eth7',
      dscp: 46,
      sticky: true,
      length: 48,
    });
  });
});

describe('corrections of a source', () => {
  test('a known offset is added, a known asymmetry taken out', () => {
    const lagging = provoke({}, {});
    expect(Math.abs(lagging.servedError)).toBeLessThan(20e-6);
    const world = new CoordinatorWorld({ sources: [{ address: SERVER, offsetSeconds: 0.25, asymmetry: 0.3 }] });
    world.addServer(SERVER, {
      offsetSeconds: -0.25,
      upSeconds: () => 0.008 + 1e-5 * world.random(),
      downSeconds: () => 0.002 + 1e-5 * world.random(),
    });
    world.runUntil(120);
    expect(Math.abs(world.servedError)).toBeLessThan(50e-6);
  });
});

describe('kisses', () => {
  test('an unsigned DENY does not end an association that answers again', () => {
    const world = provoke(kiss('DENY'));
    expect(world.coordinator.status(world.nowLocal).sources[0]?.state).toBe('unfit');
    const server = world.servers.get(SERVER) as TestServer;
    server.tamper = (reply) => reply;
    world.runUntil(400);
    expect(world.coordinator.variables.stratum).toBe(2);
  });

  test('RATE slows down for good and is saved', () => {
    const world = provoke(kiss('RATE'));
    const server = world.servers.get(SERVER) as TestServer;
    expect(world.requests.length).toBeLessThan(3);
    server.tamper = (reply) => reply;
    world.runUntil(2000);
    const history = world.coordinator.saveHistory(world.nowLocal);
    expect(history.sources[0]?.requestedPollLog2Min).toBeGreaterThanOrEqual(5);
    expect(world.events.filter((event) => event.code === 'history-changed').length).toBeGreaterThan(1);
  });

  test('their log lines get rarer', () => {
    const world = provoke(kiss('DENY'), { pollLog2Max: 4 });
    world.runUntil(20_000);
    const lines = world.events.filter((event) => event.code === 'kiss').length;
    expect(counter(world, 'kiss-deny')).toBeGreaterThan(500);
    expect(lines).toBeLessThan(15);
  });
});

describe('a filter that denies its own samples', () => {
  test('is started anew after a jump that nobody announced', () => {
    const world = new CoordinatorWorld({ sources: [{ address: SERVER, pollLog2Max: 4 }] });
    const server = world.addServer(SERVER);
    world.runUntil(2000);
    server.offsetSeconds = 0.2;
    world.runUntil(2400);
    expect(Math.abs(world.servedError - 0.2)).toBeLessThan(1e-3);
  });
});
