import { describe, expect, test } from 'vitest';
import { UNIX_EPOCH_NTP_SECONDS } from '../../../src/protocol/timestamp.ts';
import { CoordinatorWorld, refidOf } from '../../support/coordinator-world.ts';

const three = [{ address: '192.0.2.1' }, { address: '192.0.2.2' }, { address: '192.0.2.3' }].map((one) => ({
  ...one,
  pollLog2Max: 4,
}));

function worldOf(options: ConstructorParameters<typeof CoordinatorWorld>[0] = {}): CoordinatorWorld {
  const world = new CoordinatorWorld({ sources: [{ address: '192.0.2.1', pollLog2Max: 4 }], ...options });
  for (const source of options?.sources ?? [{ address: '192.0.2.1' }]) world.addServer(source.address ?? '');
  return world;
}

describe('starting', () => {
  test('a good estimate is there within ten seconds, the clock stepped to it, leap 3 until then', () => {
    const world = worldOf();
    world.runUntil(3);
    expect(world.coordinator.variables).toMatchObject({ leap: 3, stratum: 16 });
    world.runUntil(10);
    expect(world.coordinator.variables).toMatchObject({ leap: 0, stratum: 2, refid: refidOf('192.0.2.1') });
    expect(Math.abs(world.servedError)).toBeLessThan(50e-6);
    expect(Math.abs(world.clockError)).toBeLessThan(50e-6);
    expect(world.clock.steps.length).toBe(1);
    expect(world.clock.isSynchronised).toBe(true);
  });

  test('a source that does not answer keeps nobody waiting for more than ten seconds', () => {
    const world = worldOf({ sources: three });
    (world.servers.get('192.0.2.2') as { isUp: boolean }).isUp = false;
    world.runUntil(10);
    expect(world.coordinator.variables.stratum).toBe(2);
  });

  test('where the first packets are lost two samples are enough for it, one is not', () => {
    const world = worldOf();
    const server = world.servers.get('192.0.2.1') as { isUp: boolean };
    server.isUp = false;
    world.runUntil(5);
    server.isUp = true;
    world.runUntil(10);
    expect(world.coordinator.status(world.nowLocal).sources[0]).toMatchObject({ counters: { used: 2 } });
    expect(world.coordinator.variables.stratum).toBe(2);
    expect(Math.abs(world.servedError)).toBeLessThan(200e-6);

    const worse = worldOf();
    (worse.servers.get('192.0.2.1') as { isUp: boolean }).isUp = false;
    worse.runUntil(7);
    (worse.servers.get('192.0.2.1') as { isUp: boolean }).isUp = true;
    worse.runUntil(9.5);
    expect(worse.coordinator.variables.stratum).toBe(16);
  });

  test('the served line is exactly the filter’s with one source', () => {
    const world = worldOf();
    world.runUntil(500);
    const [source] = world.coordinator.status(world.nowLocal).sources;
    expect(source?.offsetSeconds).toBeCloseTo(0, 12);
    expect(source?.frequencyPpm).toBe(world.coordinator.variables.line.frequency * 1e6);
  });

  test('a drift known before is used at once, an absurd one is not', () => {
    const drift = { frequency: -1e-5, sigma: 1e-8 };
    const world = worldOf({ coordinator: { drift } });
    world.runUntil(2);
    expect(world.clock.readOffsetSeconds(world.nowLocal)).toBeCloseTo(-2e-5, 9);
    for (const absurd of [
      { frequency: 0.1, sigma: 1e-8 },
      { frequency: Number.NaN, sigma: 1e-8 },
      { frequency: 1e-6, sigma: 0 },
    ]) {
      const other = worldOf({ coordinator: { drift: absurd } });
      other.runUntil(0.1);
      expect(other.events.map((event) => event.code)).toContain('drift-absurd');
      expect(other.clock.readOffsetSeconds(1)).toBe(0);
    }
  });

  test('the drift is worth saving once it is known', () => {
    const world = worldOf();
    world.runUntil(5);
    expect(world.coordinator.drift()).toBeNull();
    world.runUntil(2000);
    expect(world.coordinator.drift()?.frequency).toBeCloseTo(-1e-5, 7);
  });

  test('an offset above the startup threshold ends with exit 70, the clock untouched', () => {
    const world = worldOf({ clockAheadSeconds: 100_000 });
    world.runUntil(60);
    expect(world.exit).toMatchObject({ exitCode: 70 });
    expect(world.exit?.reason).toMatch(/startup-step-panic-threshold/);
    expect(world.clock.steps).toEqual([]);
    expect(world.coordinator.nextWakeLocal).toBe(Number.POSITIVE_INFINITY);
  });

  test('too few sources: nothing is touched and the status says how many are missing', () => {
    const world = worldOf({ synchronization: { minimumAgreeingSources: 3 } });
    world.runUntil(120);
    const { clock } = world.coordinator.status(world.nowLocal);
    expect(clock).toMatchObject({ state: 'starting', agreeingMissing: 2, stratum: 16 });
    expect(world.clock.steps).toEqual([]);
  });

  test('dates over the era of 2036 and in 2100 are as good as any', () => {
    for (const date of [Date.UTC(2036, 1, 7, 6, 28), Date.UTC(2100, 5, 1)]) {
      const world = worldOf({ startNtpSeconds: (UNIX_EPOCH_NTP_SECONDS + date / 1000) % 2 ** 32 });
      world.runUntil(100);
      expect(Math.abs(world.servedError)).toBeLessThan(100e-6);
      expect(world.coordinator.variables.stratum).toBe(2);
    }
  });
});

describe('several sources', () => {
  test('one that lies by 100 ms is a falseticker', () => {
    const world = worldOf({ sources: three, synchronization: { minimumAgreeingSources: 2 } });
    const liar = world.servers.get('192.0.2.2');
    if (liar !== undefined) liar.offsetSeconds = 0.1;
    world.runUntil(300);
    const states = world.coordinator.status(world.nowLocal).sources.map((source) => source.state);
    expect(states[1]).toBe('falseticker');
    expect(states.filter((state) => state === 'system-peer').length).toBe(1);
    expect(Math.abs(world.servedError)).toBeLessThan(20e-6);
    expect(world.events.filter((event) => event.code === 'falseticker').length).toBe(1);
  });

  test('when the agreeing become too few the clock coasts, and follows again when they are back', () => {
    const world = worldOf({ sources: three, synchronization: { minimumAgreeingSources: 3 } });
    world.runUntil(300);
    const one = world.servers.get('192.0.2.1');
    if (one !== undefined) one.isUp = false;
    world.runUntil(700);
    expect(world.coordinator.status(world.nowLocal).clock).toMatchObject({ state: 'holdover', stratum: 2 });
    if (one !== undefined) one.isUp = true;
    world.runUntil(1000);
    expect(world.coordinator.status(world.nowLocal).clock.state).toBe('synchronised');
  });
});

describe('losing all sources', () => {
  test('a killed one is unreachable after eight polls; the bound grows, then we withdraw', () => {
    const world = worldOf({ synchronization: { distanceSecondsMax: 0.01 } });
    world.runUntil(300);
    for (const server of world.servers.values()) server.isUp = false;
    const killedTrue = world.nowTrue;
    world.runUntil(killedTrue + 9.5 * 16);
    expect(world.coordinator.status(world.nowLocal).sources[0]).toMatchObject({ reach: 0, reason: 'does not answer' });
    expect(world.coordinator.status(world.nowLocal).clock.state).toBe('holdover');
    const early = world.coordinator.maximumErrorAt(world.nowLocal);
    world.runUntil(killedTrue + 500);
    expect(world.coordinator.maximumErrorAt(world.nowLocal)).toBeGreaterThan(early);
    expect(world.coordinator.variables.leap).toBe(0);
    world.runUntil(killedTrue + 800);
    expect(world.coordinator.variables).toMatchObject({ leap: 3, stratum: 16 });
    expect(world.coordinator.status(world.nowLocal).clock.state).toBe('withdrawn');
    expect(world.clock.isSynchronised).toBe(false);
    expect(Math.abs(world.servedError)).toBeLessThan(0.01);
  });

  test('local-stratum: after local-wait at the start, or after the withdrawal', () => {
    const synchronization = { localStratum: 10, localWaitSeconds: 300, distanceSecondsMax: 0.005 };
    const silent = worldOf({ synchronization });
    for (const server of silent.servers.values()) server.isUp = false;
    silent.runUntil(299);
    expect(silent.coordinator.variables.leap).toBe(3);
    silent.runUntil(301);
    expect(silent.coordinator.variables).toMatchObject({
      leap: 0,
      stratum: 10,
      refid: 0x7f7f0101,
      rootDelaySeconds: 0,
    });
    for (const server of silent.servers.values()) server.isUp = true;
    silent.runUntil(600);
    expect(silent.coordinator.variables.stratum).toBe(2);
    for (const server of silent.servers.values()) server.isUp = false;
    silent.runUntil(2000);
    expect(silent.coordinator.status(silent.nowLocal).clock.state).toBe('local');
    expect(silent.coordinator.variables.stratum).toBe(10);
  });
});

describe('steps after the start', () => {
  test('somebody else sets the clock: it is set right after three samples and thirty seconds, what we serve never moved', () => {
    const world = worldOf();
    world.runUntil(300);
    world.clock.push(-5);
    world.coordinator.clockStepped(world.nowLocal, -5);
    expect(world.clock.maximumErrorSeconds).toBeGreaterThan(5);
    expect(world.clock.estimatedErrorSeconds).toBeGreaterThan(4.999);
    const at = world.nowTrue;
    world.runUntil(at + 25, () => expect(Math.abs(world.servedError)).toBeLessThan(1e-3));
    expect(world.clock.steps.length).toBe(1);
    world.runUntil(at + 80);
    expect(world.clock.steps.length).toBe(2);
    expect(Math.abs(world.clockError)).toBeLessThan(1e-3);
  });

  test('while the clock is slewed to what we serve, it is told to be as wrong as that', () => {
    const world = worldOf();
    world.runUntil(300);
    world.clock.push(0.02);
    world.coordinator.clockStepped(world.nowLocal, 0.02);
    world.runUntil(310, () => {
      expect(world.clock.estimatedErrorSeconds).toBeGreaterThan(Math.abs(world.clockError) - 50e-6);
      expect(world.clock.maximumErrorSeconds).toBeGreaterThan(Math.abs(world.clockError));
    });
    world.runUntil(900);
    expect(world.clock.estimatedErrorSeconds).toBeLessThan(1e-3);
  });

  test('the only source jumps by a second: not believed before it has held, then followed', () => {
    const world = worldOf();
    world.runUntil(500);
    for (const server of world.servers.values()) server.offsetSeconds = 1;
    world.runUntil(520);
    expect(Math.abs(world.servedError)).toBeLessThan(1e-3);
    world.runUntil(1500);
    expect(Math.abs(world.servedError - 1)).toBeLessThan(1e-2);
    expect(world.clock.steps.length).toBe(2);
  });

  test('the operator’s force-sync steps at once, and says why not', () => {
    const world = worldOf();
    expect(world.coordinator.forceSync(0)).toMatch(/^nothing done/);
    world.runUntil(300);
    world.clock.push(-0.2);
    expect(world.coordinator.forceSync(world.nowLocal)).toMatch(/^stepped forward by 200/);
    expect(Math.abs(world.clockError)).toBeLessThan(1e-4);
  });

  test('a machine that slept measures anew and keeps its frequency', () => {
    const world = worldOf();
    world.runUntil(500);
    const { frequency } = world.coordinator.variables.line;
    world.coordinator.timescaleBroken(world.nowLocal, null);
    expect(world.coordinator.variables).toMatchObject({ leap: 3, stratum: 16 });
    expect(world.coordinator.variables.line.frequency).toBe(frequency);
    expect(world.coordinator.maximumErrorAt(world.nowLocal)).toBe(Number.POSITIVE_INFINITY);
    world.runUntil(520);
    expect(world.coordinator.variables.stratum).toBe(2);
    expect(Math.abs(world.servedError)).toBeLessThan(100e-6);
  });
});

describe('leap seconds', () => {
  const newYear = UNIX_EPOCH_NTP_SECONDS + Date.UTC(2027, 0, 1) / 1000;

  test.each([
    ['inserted', 1, 1],
    ['deleted', 2, -1],
  ])('%s: announced by a majority, done at midnight, samples around it left out', (_what, leap, sign) => {
    const world = worldOf({
      sources: three,
      synchronization: { minimumAgreeingSources: 2, leapMode: 'step' },
      startNtpSeconds: newYear - 1000,
    });
    const midnight = 1000 - (sign < 0 ? 1 : 0);
    world.leapSeconds = (atTrue) => (atTrue >= midnight ? -sign : 0);
    for (const server of world.servers.values()) server.leap = leap;
    world.runUntil(500);
    expect(world.coordinator.variables).toMatchObject({ leap, leapEventSeconds: newYear % 2 ** 32, leapSign: sign });
    for (const server of world.servers.values()) server.leap = 0;
    const two = [...world.servers.values()];
    for (const server of two.slice(0, 2)) server.leap = leap;
    world.runUntil(midnight - 0.5);
    expect(world.coordinator.variables.leap).toBe(3);
    world.runUntil(midnight + 0.5);
    expect(world.coordinator.variables.leap).toBe(3);
    expect(Math.abs(world.servedError)).toBeLessThan(50e-6);
    expect(Math.abs(world.clockError)).toBeLessThan(50e-6);
    for (const server of two) server.leap = 0;
    world.runUntil(midnight + 20);
    expect(world.coordinator.variables).toMatchObject({ leap: 0, leapEventSeconds: 0, leapSign: 0 });
    world.runUntil(midnight + 600, () => expect(Math.abs(world.servedError)).toBeLessThan(50e-6));
    expect(world.clock.steps.length).toBe(2);
    expect(world.events.filter((event) => event.code === 'leap-done').length).toBe(1);
  });

  test.each([0.004, 0.4])('the kernel stays told of it until it has done it, %f s late', (lateSeconds) => {
    const world = worldOf({
      sources: three,
      synchronization: { minimumAgreeingSources: 2, leapMode: 'kernel' },
      startNtpSeconds: newYear - 1000,
    });
    const told: number[] = [];
    Object.assign(world.clock, { armLeap: (sign: number) => told.push(sign) });
    world.leapSeconds = (atTrue) => (atTrue >= 1000 ? -1 : 0);
    for (const server of world.servers.values()) server.leap = 1;
    world.runUntil(1000 + lateSeconds);
    expect(told).toEqual([1]);
    world.clock.push(-1);
    for (const server of world.servers.values()) server.leap = 0;
    world.runUntil(1020);
    expect(told).toEqual([1, 0]);
    world.runUntil(1200);
    expect(told).toEqual([1, 0]);
    expect(Math.abs(world.clockError)).toBeLessThan(50e-6);
    expect(world.clock.steps.length).toBe(1);
  });

  test('one of three that announces is not enough', () => {
    const world = worldOf({
      sources: three,
      startNtpSeconds: newYear - 1000,
      synchronization: { minimumAgreeingSources: 2 },
    });
    const one = world.servers.get('192.0.2.1');
    if (one !== undefined) one.leap = 1;
    world.runUntil(1100);
    expect(world.clock.steps.length).toBe(1);
    expect(Math.abs(world.servedError)).toBeLessThan(50e-6);
  });

  test('an expired list is only warned of', () => {
    const leapFile = { entries: [{ atSeconds: 3_692_217_600, taiMinusUtc: 37 }], expirySeconds: newYear - 5000 };
    const world = worldOf({ coordinator: { leapFile }, startNtpSeconds: newYear - 1000 });
    world.runUntil(100);
    expect(world.events.filter((event) => event.code === 'leap-file-expired').length).toBe(1);
    expect(world.coordinator.variables.stratum).toBe(2);
  });
});

describe('logs', () => {
  test('measurements, statistics and tracking come out when asked for', () => {
    const world = worldOf({ coordinator: { logs: { measurements: true, statistics: true, tracking: true } } });
    world.runUntil(100);
    const kinds = world.outputs.map((output) => output.kind);
    const used = world.coordinator.status(world.nowLocal).sources[0]?.counters['used'] ?? 0;
    expect(kinds.filter((kind) => kind === 'measurement').length).toBe(used);
    expect(kinds.filter((kind) => kind === 'statistics').length).toBe(used);
    const tracking = world.outputs.filter((output) => output.kind === 'tracking');
    expect(tracking.length).toBeGreaterThan(3);
    expect(tracking[0]).toMatchObject({ offsetSeconds: null, remainingSeconds: 0 });
    expect(tracking[0]?.correctionSeconds).toBeCloseTo(-0.1, 3);
    for (const { offsetSeconds, remainingSeconds, correctionSeconds } of tracking.slice(1)) {
      expect(remainingSeconds + (offsetSeconds as number)).toBeCloseTo(correctionSeconds, 12);
    }
    const measured = world.outputs.find((output) => output.kind === 'measurement');
    expect(measured).toMatchObject({ transmitStamp: 'kernel', receiveStamp: 'kernel' });
  });
});

describe('the bound', () => {
  test.each([
    [0.005, 0.012],
    [0.012, 0.005],
    [0.0001, 0.02],
  ])('holds with base delays of %f s there and %f s back', (up, down) => {
    const world = worldOf();
    for (const server of world.servers.values()) {
      server.upSeconds = () => up - 1e-4 * Math.log(1 - world.random());
      server.downSeconds = () => down - 1e-4 * Math.log(1 - world.random());
    }
    world.runUntil(20);
    world.runUntil(5000, () => {
      expect(Math.abs(world.servedError)).toBeLessThanOrEqual(world.coordinator.maximumErrorAt(world.nowLocal));
    });
    expect(world.coordinator.maximumErrorAt(world.nowLocal)).toBeLessThan(up + down);
  });
});
