import { describe, expect, test } from 'vitest';
import type { SavedHistory } from '../../../../src/core/saved-history.ts';
import { CoordinatorWorld, WORLD_START } from '../../../support/coordinator-world.ts';

const SERVER = '192.0.2.1';

function firstRun(until: number): SavedHistory {
  const world = new CoordinatorWorld({ sources: [{ address: SERVER, pollLog2Max: 4 }] });
  world.addServer(SERVER);
  world.runUntil(until);
  // What is on disk went through JSON.
  return JSON.parse(JSON.stringify(world.coordinator.saveHistory(world.nowLocal)));
}

/** A second run that starts so long after the first one began. */
function secondRun(history: SavedHistory, startsAfter: number, timescaleId = 'test'): CoordinatorWorld {
  const world = new CoordinatorWorld({
    sources: [{ address: SERVER, pollLog2Max: 4 }],
    startNtpSeconds: WORLD_START + startsAfter,
    coordinator: { history, timescaleId, timescaleOriginSeconds: startsAfter * (1 + 1e-5) },
  });
  world.addServer(SERVER);
  return world;
}

function requestsWithin(world: CoordinatorWorld, seconds: number): number {
  world.runUntil(seconds);
  return world.requests.length;
}

describe('restarting', () => {
  test('within a minute makes no second burst at an address', () => {
    expect(requestsWithin(secondRun(firstRun(3), 20, 'another boot'), 12)).toBe(1);
  });

  test('after a minute does', () => {
    expect(requestsWithin(secondRun(firstRun(3), 100, 'another boot'), 12)).toBe(5);
  });

  test('after a crash within the burst makes no second one: it was told to be saved, and had begun', () => {
    const world = new CoordinatorWorld({ sources: [{ address: SERVER, pollLog2Max: 4 }] });
    world.addServer(SERVER);
    world.coordinator.advance(0);
    world.coordinator.nameResolved(0, 0, [{ text: SERVER, refid: 1, isOurs: false }]);
    const events: unknown[] = [];
    for (let output = world.coordinator.takeOutput(); output !== undefined; output = world.coordinator.takeOutput())
      if (output.kind === 'event') events.push(output.code);
    expect(events).toContain('history-changed');
    const history = world.coordinator.saveHistory(0);
    expect(requestsWithin(secondRun(history, 20, 'another boot'), 12)).toBe(1);
  });

  test('in a loop of ten seconds never bursts more than once a minute', () => {
    let history = firstRun(3);
    let bursts = 0;
    for (let start = 10; start <= 300; start += 10) {
      const world = secondRun(history, start, `boot ${start}`);
      if (requestsWithin(world, 9) > 2) bursts++;
      history = JSON.parse(JSON.stringify(world.coordinator.saveHistory(world.nowLocal)));
    }
    expect(bursts).toBeLessThanOrEqual(5);
    expect(bursts).toBeGreaterThan(0);
  });

  test('on the same timescale reuses samples: the first answer is enough, and the old frequency holds', () => {
    const world = secondRun(firstRun(900), 960);
    expect(requestsWithin(world, 5)).toBe(1);
    expect(world.coordinator.variables.stratum).toBe(2);
    expect(Math.abs(world.servedError)).toBeLessThan(20e-6);
    expect(Math.abs(world.coordinator.variables.line.frequency + 1e-5)).toBeLessThan(1e-7);
  });

  test('waits for the first answer of every source: who answers first is not followed for that', () => {
    const sources = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((address) => ({ address, pollLog2Max: 4 }));
    const first = new CoordinatorWorld({ sources });
    for (const { address } of sources) first.addServer(address);
    first.runUntil(900);
    const history = first.coordinator.saveHistory(first.nowLocal);
    const second = new CoordinatorWorld({
      sources,
      startNtpSeconds: WORLD_START + 960,
      coordinator: { history, timescaleOriginSeconds: 960 * (1 + 1e-5) },
    });
    for (const { address } of sources) second.addServer(address, { upSeconds: () => 0.1, downSeconds: () => 0.1 });
    Object.assign(second.servers.get('192.0.2.1') as object, {
      offsetSeconds: 0.3,
      upSeconds: () => 1e-3,
      downSeconds: () => 1e-3,
    });
    second.runUntil(8, () => {
      if (second.coordinator.variables.stratum < 16) expect(Math.abs(second.servedError)).toBeLessThan(0.01);
    });
    expect(second.coordinator.variables.stratum).toBe(2);
  });

  test('after hours, or on another timescale, starts without them', () => {
    expect(requestsWithin(secondRun(firstRun(900), 10_000), 12)).toBe(5);
    expect(requestsWithin(secondRun(firstRun(900), 960, 'another boot'), 12)).toBe(5);
  });

  test('keeps what RATE asked for', () => {
    const history = firstRun(3);
    const saved = { ...history, sources: history.sources.map((one) => ({ ...one, requestedPollLog2Min: 7 })) };
    const world = secondRun(saved, 1000);
    world.runUntil(100);
    expect(world.coordinator.status(world.nowLocal).sources[0]?.pollLog2).toBe(7);
  });
});
