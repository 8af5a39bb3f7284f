import { describe, expect, it } from 'vitest';
import { worldOf } from '../../support/virtual-world.ts';

const NODE = '[[node]]\nname = "client"\n';

describe('Machine', () => {
  it('starts its agent when it starts, and wakes it at its local deadline', () => {
    const { world, machine, agent } = worldOf(`${NODE}starts-at = 10\noscillator = { error-ppm = 1e5 }`);
    expect(machine.agent).toBeNull();
    world.at(20, () => {
      agent().wakeLocal = 33;
      machine.deliver({ from: machine, fromPort: 123, toPort: 4000, octets: new Uint8Array(48) });
    });
    world.run(50, () => {});
    expect(agent().woken).toEqual([33]);
    expect(agent().arrivals).toHaveLength(1);
  });

  it('counts what it sends and hands over a copy', () => {
    const { world, machine, listener } = worldOf(NODE);
    const octets = new Uint8Array(48).fill(7);
    world.at(5, () => {
      expect(machine.send(listener.address, 4000, octets)).toBe(5);
      octets.fill(0);
    });
    world.run(10, () => {});
    expect(machine.packets).toBe(1);
    expect(listener.received[0]?.datagram.octets[0]).toBe(7);
  });

  it('writes the transmit stamp of a reply on the served clock', () => {
    const { world, machine, agent, listener } = worldOf(NODE);
    world.at(50, () => {
      agent().reply = new Uint8Array(48);
      agent().offsetSeconds = 7;
      machine.deliver({ from: listener, fromPort: 4000, toPort: 123, octets: new Uint8Array(48) });
    });
    world.run(60, () => {});
    expect((listener.views()[0]?.getUint32(40) as number) - world.timescale.startSeconds).toBe(57);
    expect(listener.received[0]?.datagram.toPort).toBe(4000);
  });

  it('hears nothing while it sleeps, and says so to the agent afterwards', () => {
    const { world, machine, agent } = worldOf(`${NODE}oscillator = { suspends = [{ at = 10, for = 20 }] }`);
    world.at(15, () => machine.deliver({ from: machine, fromPort: 123, toPort: 4000, octets: new Uint8Array(48) }));
    world.run(50, () => {});
    expect(agent().arrivals).toEqual([]);
    expect(agent().sleeps).toEqual([20]);
    expect(machine.oscillator.localAt(50)).toBe(30);
  });

  it('knows the truth: the epoch, the oscillator and the leap seconds', () => {
    const { world, machine } = worldOf(
      `leaps = [{ at = 50, sign = 1 }]\n${NODE}initial-offset = 2.5\noscillator = { error-ppm = 100 }`,
    );
    const seen: number[] = [];
    world.run(60, (second) => {
      if (second === 40 || second === 55) seen.push(machine.trueOffsetSeconds());
    });
    expect(seen[0]).toBeCloseTo(-2.504, 9);
    expect(seen[1]).toBeCloseTo(-3.5055, 9);
  });

  it('lets other hands move the host’s clock, which a software clock does not feel', () => {
    const foreign = 'foreign = [{ at = 10, step = 1 }, { at = 20, for = 10, slew-ppm = 1000 }]\n';
    for (const [clock, moved, told] of [
      ['system', 1.01, [1]],
      ['software', 0, []],
    ] as const) {
      const { world, machine, agent } = worldOf(`${NODE}clock = "${clock}"\n${foreign}`);
      world.run(50, () => {});
      expect(machine.judgedClock.readOffsetSeconds(50)).toBeCloseTo(moved, 9);
      expect(machine.systemClock.readOffsetSeconds(50)).toBeCloseTo(1.01, 9);
      expect(agent().steps).toEqual(told);
    }
  });

  it('has no clock to set in mode none', () => {
    expect(worldOf(`${NODE}clock = "none"`).machine.clock.canStep).toBe(false);
  });
});
