import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CoordinatorWorld } from '../support/coordinator-world.ts';

const HOURS = 3600;

/** One thing that goes wrong with one server, from some moment on. */
const fault = fc.record({
  server: fc.nat(5),
  atTrue: fc.integer({ min: 0, max: 24 * HOURS }),
  kind: fc.constantFrom(
    'down',
    'up',
    'lie',
    'truth',
    'jitter',
    'calm',
    'unsynchronised',
    'synchronised',
    'kiss',
    'garble',
    'clean',
    'leap',
  ),
  size: fc.double({ min: -2, max: 2, noNaN: true }),
});

/** One thing that happens to the machine. */
const incident = fc.record({
  atTrue: fc.integer({ min: 0, max: 24 * HOURS }),
  kind: fc.constantFrom('foreign-step', 'slept', 'offline', 'online', 'refresh', 'force'),
  size: fc.double({ min: -3, max: 3, noNaN: true }),
});

const scenario = fc.record({
  seed: fc.nat(),
  servers: fc.integer({ min: 1, max: 6 }),
  minimum: fc.integer({ min: 1, max: 3 }),
  faults: fc.array(fault, { maxLength: 40 }),
  incidents: fc.array(incident, { maxLength: 5 }),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer Value> ? Value : never;

function applyFault(world: CoordinatorWorld, { server: index, kind, size }: Scenario['faults'][number]): void {
  const server = [...world.servers.values()][index % world.servers.size];
  if (server === undefined) return;
  switch (kind) {
    case 'down':
    case 'up':
      server.isUp = kind === 'up';
      break;
    case 'lie':
    case 'truth':
      server.offsetSeconds = kind === 'lie' ? size : 0;
      break;
    case 'jitter':
      server.upSeconds = () => 1e-3 - Math.abs(size) * 0.05 * Math.log(1 - world.random());
      break;
    case 'calm':
      server.upSeconds = () => 1e-4 + 1e-5 * world.random();
      break;
    case 'unsynchronised':
    case 'synchronised':
      server.leap = kind === 'unsynchronised' ? 3 : 0;
      break;
    case 'leap':
      server.leap = 1;
      break;
    case 'kiss':
      server.tamper = (reply) => {
        reply.set([0xe4, 0], 0);
        reply.set(size > 0 ? [0x52, 0x41, 0x54, 0x45] : [0x44, 0x45, 0x4e, 0x59], 12);
        return reply;
      };
      break;
    case 'garble':
      server.tamper = (reply) => {
        if (world.random() < 0.3) return null;
        reply[Math.floor(world.random() * 48)] = Math.floor(world.random() * 256);
        return reply;
      };
      break;
    case 'clean':
      server.tamper = (reply) => reply;
      break;
  }
}

function applyIncident(world: CoordinatorWorld, { kind, size }: Scenario['incidents'][number]): void {
  const { coordinator, nowLocal } = world;
  switch (kind) {
    case 'foreign-step':
      world.clock.push(size);
      coordinator.clockStepped(nowLocal, size);
      break;
    case 'slept':
      coordinator.timescaleBroken(nowLocal, size > 0 ? size : null);
      break;
    case 'offline':
    case 'online':
      coordinator.setOnline(nowLocal, kind === 'online', size > 0 ? 0 : undefined);
      break;
    case 'refresh':
      coordinator.refreshSources(nowLocal);
      break;
    case 'force':
      coordinator.forceSync(nowLocal);
      break;
  }
}

/** Checks after each event that what was just done had a rule that allows it. */
function checkRules(world: CoordinatorWorld, minimum: number): () => void {
  let steps = 0;
  let seen = 0;
  return () => {
    const { clock, coordinator } = world;
    expect(Number.isFinite(clock.readOffsetSeconds(world.nowLocal))).toBe(true);
    for (const rate of clock.rates.splice(0)) expect(Math.abs(rate)).toBeLessThanOrEqual(500e-6);
    const fresh = world.events.slice(seen);
    seen = world.events.length;
    // Every step is the consequence of a decision that was told, with its reason.
    const told = fresh.filter((event) => event.code === 'stepped' || event.code === 'leap-done').length;
    expect(clock.steps.length - steps).toBe(told);
    steps = clock.steps.length;
    if (!fresh.some((event) => event.code === 'synchronised' || event.code === 'stepped')) return;
    const { clock: status, sources } = coordinator.status(world.nowLocal);
    if (status.state !== 'synchronised') return;
    const agreeing = sources.filter((one) =>
      ['system-peer', 'survivor', 'outlier', 'unpreferred'].includes(one.state),
    ).length;
    const fit = sources.filter((one) => one.state !== 'unfit').length;
    expect(agreeing).toBeGreaterThanOrEqual(minimum);
    expect(agreeing * 2).toBeGreaterThan(fit);
  };
}

test('a day of random faults: nothing is thrown, no step without a rule, no selection without a majority, no growth', () => {
  fc.assert(
    fc.property(scenario, ({ seed, servers, minimum, faults, incidents }) => {
      const addresses = Array.from({ length: servers }, (_, index) => `192.0.2.${index + 1}`);
      const world = new CoordinatorWorld({
        seed,
        sources: addresses.map((address) => ({ address, pollLog2Min: 6, pollLog2Max: 10, pollLog2Initial: 6 })),
        synchronization: { minimumAgreeingSources: minimum, leapMode: 'step' },
      });
      for (const address of addresses) world.addServer(address);
      const check = checkRules(world, minimum);
      const timeline = [
        ...faults.map((one) => ({ atTrue: one.atTrue, run: () => applyFault(world, one) })),
        ...incidents.map((one) => ({ atTrue: one.atTrue, run: () => applyIncident(world, one) })),
      ].sort((a, b) => a.atTrue - b.atTrue);
      for (const { atTrue, run } of timeline) {
        world.runUntil(atTrue, check);
        run();
      }
      world.runUntil(24 * HOURS, check);
      // What is kept is bounded by constants, not by what happened.
      const history = JSON.stringify(world.coordinator.saveHistory(world.nowLocal));
      expect(history.length).toBeLessThan(servers * 8000 + 1000);
      expect(JSON.stringify(world.coordinator.status(world.nowLocal)).length).toBeLessThan(servers * 3000 + 5000);
    }),
    { numRuns: 40, interruptAfterTimeLimit: 45_000 },
  );
});
