import { describe, expect, test } from 'vitest';
import { VERDICTS, type Verdict } from '../../../../src/core/association/verdict.ts';
import type { Authenticator, SourceOptions } from '../../../../src/core/coordinator-options.ts';
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

  test('requests that this machine cannot send make nobody ask more rarely, those that the network refuses do', () => {
    const pollAfterAnHour = (code: string): number | undefined => {
      const world = new CoordinatorWorld({ sources: [{ address: SERVER }] });
      world.runUntil(3600, () => {
        const { token } = world.requests.at(-1) ?? { token: 0 };
        world.coordinator.requestFailed(world.nowLocal, token, code);
      });
      return world.coordinator.status(world.nowLocal).sources[0]?.pollLog2;
    };
    expect(pollAfterAnHour('ENETUNREACH')).toBe(4);
    expect(pollAfterAnHour('ECONNREFUSED')).toBeGreaterThan(6);
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
  });

  test('RATE is told to be saved every time that it slows down', () => {
    const world = provoke(kiss('RATE'));
    world.runUntil(20_000);
    const changes = world.events.filter(({ message }) => /raised for good/.test(message)).length;
    expect(counter(world, 'kiss-rate')).toBeGreaterThan(4);
    expect(changes).toBe(counter(world, 'kiss-rate'));
  });

  test('their log lines get rarer', () => {
    const world = provoke(kiss('DENY'), { pollLog2Max: 4 });
    world.runUntil(20_000);
    const lines = world.events.filter((event) => event.code === 'kiss').length;
    expect(counter(world, 'kiss-deny')).toBeGreaterThan(500);
    expect(lines).toBeLessThan(15);
  });
});

describe('a source with authentication', () => {
  /** Key id and digest, as octets that never change. */
  const SEAL = Array.from({ length: 20 }, (_, i) => 0xa0 + i);

  /** A reply is authentic when it ends in the seal. */
  const authenticator: Authenticator = {
    seal: (octets, length) => {
      octets.set(SEAL, length);
      return length + SEAL.length;
    },
    check: (octets, length) => {
      if (octets[0] === 0xff) return 'nak';
      return SEAL.every((octet, i) => octets[length - SEAL.length + i] === octet) ? 'authentic' : 'forged';
    },
  };
  const sealed = (reply: Uint8Array): Uint8Array => Uint8Array.from([...reply, ...SEAL]);

  function authenticated(script: Partial<TestServer>, authentication = authenticator): CoordinatorWorld {
    const world = new CoordinatorWorld({ sources: [{ address: SERVER }], authenticator: authentication });
    world.addServer(SERVER, script);
    world.runUntil(120);
    return world;
  }

  test('asks with what proves it, and takes the time of replies that prove themselves', () => {
    const world = authenticated({ tamper: sealed });
    expect(world.requests.every(({ octets }) => octets.length === 68)).toBe(true);
    expect(world.coordinator.variables.stratum).toBe(2);
    expect(world.coordinator.status(world.nowLocal).sources[0]?.authenticated).toBe(true);
  });

  test('takes no time from replies that do not', () => {
    const world = authenticated({});
    expect(counter(world, 'forged')).toBeGreaterThan(2);
    expect(counter(world, 'used')).toBe(0);
    expect(world.coordinator.variables.leap).toBe(3);
  });

  test('waits on for the true reply behind a forged one', () => {
    const world = new CoordinatorWorld({ sources: [{ address: SERVER }], authenticator });
    const { coordinator } = world;
    const behind: Uint8Array[] = [];
    world.addServer(SERVER, {
      tamper: (reply) => {
        behind.push(sealed(reply));
        return reply;
      },
    });
    world.runUntil(120, () => {
      if (counter(world, 'forged') === counter(world, 'used')) return;
      const { nowLocal, requests } = world;
      const token = requests.at(-1)?.token as number;
      for (const reply of behind.splice(0)) {
        coordinator.datagramReceived(nowLocal, token, reply, reply.length, nowLocal, 'kernel', SERVER, 123);
      }
    });
    expect(counter(world, 'forged')).toBeGreaterThan(2);
    expect(counter(world, 'used')).toBe(counter(world, 'forged'));
  });

  test('is denied for good by a refusal that proves itself, and by no other', () => {
    const refuse = kiss('DENY').tamper as TestServer['tamper'];
    const signed = authenticated({ tamper: (reply, request) => sealed(refuse(reply, request) as Uint8Array) });
    const asked = signed.requests.length;
    signed.runUntil(3000);
    expect(signed.requests.length).toBe(asked);
    expect(signed.coordinator.status(signed.nowLocal).sources[0]).toMatchObject({
      state: 'unfit',
      reason: 'refuses service',
    });
    const unsigned = authenticated({ tamper: refuse });
    const before = unsigned.requests.length;
    unsigned.runUntil(3000);
    expect(unsigned.requests.length).toBeGreaterThan(before);
  });

  test('asks nothing while nothing can be sealed', () => {
    const world = authenticated({}, { ...authenticator, seal: () => 0 });
    expect(world.requests).toEqual([]);
    expect(counter(world, 'requests-sent')).toBe(0);
  });
});

describe('a loop', () => {
  test('that no refid shows, as over loopback, climbs to the last stratum and ends there', () => {
    const synchronization = { distanceSecondsMax: 0.002 };
    const world = new CoordinatorWorld({ sources: [{ address: SERVER, pollLog2Max: 4 }], synchronization });
    const server = world.addServer(SERVER, { stratum: 3 });
    world.runUntil(300);
    const { variables } = world.coordinator;
    expect(variables.stratum).toBe(4);
    // From here on the server has no other source than us.
    server.tamper = (reply) => {
      server.stratum = Math.min(16, variables.stratum + 1);
      server.leap = variables.leap;
      return reply;
    };
    const strata = new Set<number>();
    world.runUntil(2000, () => strata.add(variables.stratum));
    expect([...strata]).toEqual([4, 6, 8, 10, 12, 14, 16]);
    expect(variables.leap).toBe(3);
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
