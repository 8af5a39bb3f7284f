import { describe, expect, test } from 'vitest';
import { CoordinatorWorld } from '../../../support/coordinator-world.ts';

const SERVER = '192.0.2.1';

/**
 * A world with an interleaved server whose basic transmit stamps come 30 µs early, as a daemon's do, while the saved
 * ones are true.
 */
function interleavedWorld(interleaved = true): CoordinatorWorld {
  const world = new CoordinatorWorld({ sources: [{ address: SERVER, pollLog2Max: 4, interleaved }] });
  let last: { rec: string; xmt: Uint8Array } | null = null;
  world.addServer(SERVER, {
    upSeconds: () => 40e-6 + 1e-6 * world.random(),
    downSeconds: () => 40e-6 + 1e-6 * world.random(),
    tamper: (reply, request) => {
      const view = new DataView(reply.buffer);
      const truth = reply.slice(40, 48);
      const named = request.subarray(24, 32).join();
      if (last !== null && named === last.rec) {
        reply.set(request.subarray(32, 40), 24);
        reply.set(last.xmt, 40);
      } else {
        const fraction = view.getUint32(44);
        const early = Math.round(30e-6 * 2 ** 32);
        view.setUint32(44, fraction - early);
        if (fraction < early) view.setUint32(40, view.getUint32(40) - 1);
      }
      last = { rec: reply.subarray(32, 40).join(), xmt: truth };
      return reply;
    },
  });
  return world;
}

describe('interleaved mode', () => {
  test('is used where the server has it, and removes the error of its basic transmit stamps', () => {
    const world = interleavedWorld();
    world.runUntil(1500);
    expect(world.coordinator.status(world.nowLocal).sources[0]?.interleaved).toBe(true);
    expect(Math.abs(world.servedError)).toBeLessThan(5e-6);
    const basic = interleavedWorld(false);
    basic.runUntil(1500);
    expect(basic.coordinator.status(basic.nowLocal).sources[0]?.interleaved).toBe(false);
    expect(Math.abs(basic.servedError)).toBeGreaterThan(10e-6);
  });

  test('counts the first interleaved reply as refined: its exchange was used already', () => {
    const world = interleavedWorld();
    world.runUntil(200);
    expect(world.coordinator.status(world.nowLocal).sources[0]?.counters['refined']).toBe(1);
  });

  test('goes back to basic requests when the server answers basic four times', () => {
    const world = new CoordinatorWorld({ sources: [{ address: SERVER, pollLog2Max: 4 }] });
    world.addServer(SERVER, { upSeconds: () => 40e-6, downSeconds: () => 40e-6 });
    world.runUntil(600);
    const interleaved = world.requests.filter((request) =>
      request.octets.subarray(24, 32).some((octet) => octet !== 0),
    );
    expect(interleaved.length).toBe(4);
    expect(world.requests.length).toBeGreaterThan(30);
    expect(world.coordinator.status(world.nowLocal).sources[0]?.counters['used']).toBe(world.requests.length);
  });

  test('survives lost packets: every sample is of one exchange', () => {
    const world = interleavedWorld();
    const server = world.servers.get(SERVER);
    if (server === undefined) throw new Error('no server');
    const answer = server.tamper;
    server.tamper = (reply, request) => (world.random() < 0.33 ? null : answer(reply, request));
    world.runUntil(6000);
    expect(Math.abs(world.servedError)).toBeLessThan(10e-6);
    expect(world.coordinator.status(world.nowLocal).sources[0]?.counters['impossible-stamps']).toBe(0);
  });

  test('is not asked for on noisy paths, where a sample one poll old is worse than a rough stamp', () => {
    const world = new CoordinatorWorld({ sources: [{ address: SERVER, pollLog2Max: 4 }] });
    const noisy = (): number => 5e-3 - 5e-3 * Math.log(1 - world.random());
    world.addServer(SERVER, { upSeconds: noisy, downSeconds: noisy });
    world.runUntil(3000);
    const interleaved = world.requests
      .slice(10)
      .filter((request) => request.octets.subarray(24, 32).some((octet) => octet !== 0));
    expect(interleaved.length).toBe(0);
  });
});
