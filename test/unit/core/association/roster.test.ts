import { describe, expect, test } from 'vitest';
import { CoordinatorWorld } from '../../../support/coordinator-world.ts';

const POOL = 'pool.example';
const ADDRESSES = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4', '192.0.2.5', '192.0.2.6'];

function poolWorld(count = 4, addresses = ADDRESSES, ignore: string[] = []): CoordinatorWorld {
  const world = new CoordinatorWorld({ sources: [{ mode: 'pool', address: POOL, count, ignore, pollLog2Max: 6 }] });
  for (const address of ADDRESSES) world.addServer(address);
  world.names.set(POOL, addresses);
  return world;
}

function members(world: CoordinatorWorld): string[] {
  return world.coordinator.status(world.nowLocal).sources.map((source) => source.address);
}

describe('a pool', () => {
  test('follows as many of its addresses as it should', () => {
    const world = poolWorld();
    world.runUntil(30);
    expect(members(world)).toEqual(ADDRESSES.slice(0, 4));
    expect(world.coordinator.variables.stratum).toBe(2);
  });

  test('leaves out what is to be ignored, what is us, and what is a source already', () => {
    const world = new CoordinatorWorld({
      sources: [{ address: '192.0.2.2' }, { mode: 'pool', address: POOL, count: 4, ignore: ['192.0.2.1'] }],
    });
    world.names.set(POOL, ['192.0.2.1', '192.0.2.2', '192.0.2.200', '192.0.2.3']);
    world.runUntil(5);
    expect(members(world)).toEqual(['192.0.2.2', '192.0.2.3']);
    const reasons = world.events.filter((event) => event.code === 'address-rejected').map((event) => event.message);
    expect(reasons).toEqual([
      'pool.example: 192.0.2.1 is to be ignored',
      'pool.example: 192.0.2.2 is a source already',
      'pool.example: 192.0.2.200 is this very daemon',
    ]);
  });

  test('replaces a member that does not answer any more', () => {
    const world = poolWorld();
    world.runUntil(60);
    for (const server of world.servers.values()) if (server.address === '192.0.2.2') server.isUp = false;
    world.runUntil(3000);
    expect(members(world)).toEqual(['192.0.2.1', '192.0.2.3', '192.0.2.4', '192.0.2.5']);
    expect(world.events.some((event) => event.code === 'source-removed' && /does not answer/.test(event.message))).toBe(
      true,
    );
    const released = world.outputs.filter((output) => output.kind === 'release' && output.final);
    expect(released.length).toBe(1);
  });

  test('replaces a falseticker', () => {
    const world = poolWorld();
    const liar = world.servers.get('192.0.2.3');
    if (liar !== undefined) liar.offsetSeconds = 0.3;
    world.runUntil(3000);
    expect(members(world)).not.toContain('192.0.2.3');
    expect(members(world).length).toBe(4);
  });

  test('keeps what it has when the name offers nothing else, and asks no more than once a minute, ever more rarely', () => {
    const world = poolWorld(4, ADDRESSES.slice(0, 3));
    world.runUntil(86_400);
    expect(members(world).length).toBe(3);
    const times = world.resolutions.map(({ atTrue }) => atTrue);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(59.9);
    expect(times.length).toBeLessThan(35);
    expect(Math.max(...gaps)).toBeLessThan(3700);
  });
});

describe('a server by name', () => {
  test('that does not resolve is asked for again, with a reason in the status', () => {
    const world = new CoordinatorWorld({ sources: [{ address: 'ntp.example' }] });
    world.addServer('192.0.2.1');
    world.runUntil(20);
    expect(world.coordinator.status(world.nowLocal).unresolved).toEqual([{ name: 'ntp.example', reason: 'NXDOMAIN' }]);
    expect(world.events.filter((event) => event.code === 'name-failed').length).toBe(1);
    world.names.set('ntp.example', ['192.0.2.1']);
    world.runUntil(60);
    expect(members(world)).toEqual(['192.0.2.1']);
    expect(world.coordinator.status(world.nowLocal).unresolved).toEqual([]);
  });

  test('moves on to the next address when one fails', () => {
    const world = new CoordinatorWorld({ sources: [{ address: 'ntp.example', pollLog2Max: 4 }] });
    world.names.set('ntp.example', ['192.0.2.1', '192.0.2.2']);
    world.addServer('192.0.2.1', { isUp: false });
    world.addServer('192.0.2.2');
    world.runUntil(400);
    expect(members(world)).toEqual(['192.0.2.2']);
    expect(world.coordinator.variables.stratum).toBe(2);
  });

  test('whose address changes is found again', () => {
    const world = new CoordinatorWorld({ sources: [{ address: 'ntp.example', pollLog2Max: 4 }] });
    world.names.set('ntp.example', ['192.0.2.1']);
    world.addServer('192.0.2.1');
    world.runUntil(100);
    const old = world.servers.get('192.0.2.1');
    if (old !== undefined) old.isUp = false;
    world.addServer('192.0.2.9');
    world.names.set('ntp.example', ['192.0.2.9']);
    world.runUntil(1000);
    expect(members(world)).toEqual(['192.0.2.9']);
  });

  test('that resolves to us is refused', () => {
    const world = new CoordinatorWorld({ sources: [{ address: 'self.example' }] });
    world.names.set('self.example', ['192.0.2.200']);
    world.runUntil(5);
    expect(world.requests.length).toBe(0);
    expect(world.coordinator.status(world.nowLocal).unresolved[0]?.reason).toBe('192.0.2.200 is this very daemon');
  });

  test('is not looked up while offline, and says so', () => {
    const world = new CoordinatorWorld({ sources: [{ address: 'a.example' }] });
    world.coordinator.setOnline(0, false);
    world.runUntil(10);
    expect(world.resolutions).toEqual([]);
    expect(world.coordinator.status(world.nowLocal).unresolved).toEqual([
      { name: 'a.example', reason: 'it is offline and has not been looked up' },
    ]);
  });

  test('is not polled while offline; refresh resolves it anew', () => {
    const world = new CoordinatorWorld({ sources: [{ address: '192.0.2.1', pollLog2Max: 4 }] });
    world.addServer('192.0.2.1');
    world.runUntil(60);
    world.coordinator.setOnline(world.nowLocal, false);
    const before = world.requests.length;
    world.runUntil(600);
    expect(world.requests.length).toBe(before);
    expect(world.coordinator.status(world.nowLocal).sources[0]).toMatchObject({ state: 'unfit', reason: 'is offline' });
    expect(world.coordinator.status(world.nowLocal).clock.state).toBe('holdover');
    world.coordinator.setOnline(world.nowLocal, true, 0);
    world.runUntil(700);
    expect(world.coordinator.status(world.nowLocal).clock.state).toBe('synchronised');
    const asked = world.resolutions.length;
    world.coordinator.refreshSources(world.nowLocal);
    world.runUntil(701);
    expect(world.resolutions.length).toBe(asked + 1);
  });
});
