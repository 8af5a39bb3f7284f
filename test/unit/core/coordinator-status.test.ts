import { describe, expect, test } from 'vitest';
import { CoordinatorWorld } from '../../support/coordinator-world.ts';

const SERVER = '192.0.2.1';

function statusAfter(seconds: number) {
  const world = new CoordinatorWorld({
    sources: [{ address: SERVER, pollLog2Max: 4 }, { address: 'nowhere.example' }],
  });
  world.addServer(SERVER, { rootDelaySeconds: 0.001, rootDispersionSeconds: 0.002 });
  world.runUntil(seconds);
  return { status: world.coordinator.status(world.nowLocal), world };
}

describe('the status', () => {
  test('is plain JSON from the first moment on, unknown figures null', () => {
    const { status } = statusAfter(0);
    expect(JSON.parse(JSON.stringify(status))).toEqual(status);
    expect(status.clock).toMatchObject({
      state: 'starting',
      frequencyPpm: null,
      maximumErrorSeconds: null,
      correctionSeconds: null,
    });
    expect(status.sources[0]).toMatchObject({
      offsetSeconds: null,
      lastSampleAgoSeconds: null,
      rootDistanceSeconds: null,
    });
  });

  test('shows clock, source, verdict and counters once they are there', () => {
    const { status, world } = statusAfter(400);
    expect(JSON.parse(JSON.stringify(status))).toEqual(status);
    expect(status.clock).toMatchObject({
      state: 'synchronised',
      systemPeer: SERVER,
      stratum: 2,
      steps: 1,
      agreeingMissing: 0,
    });
    expect(status.clock.frequencyPpm).toBeCloseTo(-10, 1);
    expect(status.clock.maximumErrorSeconds).toBeCloseTo(world.coordinator.maximumErrorAt(world.nowLocal), 12);
    expect(status.clock.estimatedErrorSeconds).toBeLessThan(1e-4);
    expect(status.sources[0]).toMatchObject({
      name: SERVER,
      state: 'system-peer',
      reach: 255,
      authenticated: false,
      interleaved: false,
      online: true,
    });
    expect(status.sources[0]?.rootDelaySeconds).toBeCloseTo(0.001, 4);
    expect(status.sources[0]?.counters['requests-sent']).toBe(world.requests.length);
    expect(status.unresolved).toEqual([{ name: 'nowhere.example', reason: 'NXDOMAIN' }]);
    expect(status.actions.length).toBeGreaterThan(2);
    expect(status.actions.length).toBeLessThanOrEqual(16);
  });
});
