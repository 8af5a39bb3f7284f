import { expect, test } from 'vitest';
import { SMEAR_LINEAR, SMEAR_SLEW, type SmearKind, smearOffsetSeconds } from '../../src/core/server/smear.ts';
import { CoordinatorWorld } from '../support/coordinator-world.ts';

/** 2026-12-31 24:00 UTC; the world begins an hour before the noon before it. */
const MIDNIGHT = 4_007_750_400;
const LEAP_AT = 46_800;
const HOUR = 3600;
const SERVERS = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];
const SMEARING = '192.0.2.4';

/** Three servers that do the leap second and one that smears it and does not say so; the list knows of it. */
function smearingWorld(kind: SmearKind): { world: CoordinatorWorld; watch: () => void } {
  const world = new CoordinatorWorld({
    startNtpSeconds: MIDNIGHT - LEAP_AT,
    sources: [...SERVERS, SMEARING].map((address) => ({ address, pollLog2Min: 6, pollLog2Max: 6 })),
    synchronization: { leapMode: 'step' },
    coordinator: {
      leapFile: {
        entries: [
          { atSeconds: MIDNIGHT - 1e8, taiMinusUtc: 37 },
          { atSeconds: MIDNIGHT, taiMinusUtc: 38 },
        ],
        expirySeconds: MIDNIGHT + 1e7,
      },
    },
  });
  world.leapSeconds = (atTrue) => (atTrue >= LEAP_AT ? -1 : 0);
  for (const address of SERVERS) world.addServer(address);
  const smearing = world.addServer(SMEARING);
  const watch = (): void => {
    const applied = world.nowTrue >= LEAP_AT;
    const clock = world.nowTrue - LEAP_AT + world.leapSeconds(world.nowTrue);
    const whole = Math.floor(clock);
    const event = { eventSeconds: 0, sign: 1, applied };
    smearing.offsetSeconds = smearOffsetSeconds(kind, event, whole, (clock - whole) * 2 ** 32);
  };
  return { world, watch };
}

function sourceOf(world: CoordinatorWorld, address: string): { state: string; reason: string } | undefined {
  return world.coordinator.status(world.nowLocal).sources.find((one) => one.address === address);
}

// While the line leaves UTC by more than some milliseconds.
test.each([
  ['linear', SMEAR_LINEAR, 6, 24.5],
  ['slewed', SMEAR_SLEW, 14, 28.5],
] as const)('a source whose time is on the line of a %s smear is a falseticker that smears', (_, kind, from, to) => {
  const { world, watch } = smearingWorld(kind);
  world.runUntil(HOUR / 2, watch);
  expect(sourceOf(world, SMEARING)?.reason).not.toMatch(/smears/);
  let [minutes, known] = [0, 0];
  for (let at = from * HOUR; at < to * HOUR; at += 60) {
    world.runUntil(at, watch);
    const { state = '', reason = '' } = sourceOf(world, SMEARING) ?? {};
    // Where the line bends what is known of the source may begin anew: for some minutes it is no candidate at all.
    expect(['falseticker', 'unfit']).toContain(state);
    minutes++;
    if (state === 'falseticker' && /smears a leap second/.test(reason)) known++;
    expect(Math.abs(world.servedError)).toBeLessThan(100e-6);
  }
  expect(known / minutes).toBeGreaterThan(0.98);
});

test('one that is as wrong by something else is not said to smear', () => {
  const { world } = smearingWorld(SMEAR_LINEAR);
  const lying = world.servers.get(SMEARING);
  if (lying !== undefined) lying.offsetSeconds = 0.3;
  world.runUntil(7 * HOUR);
  expect(sourceOf(world, SMEARING)).toMatchObject({
    state: 'falseticker',
    reason: expect.stringMatching(/from the agreeing sources/),
  });
});
