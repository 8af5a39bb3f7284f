import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../../src/simulate/load-scenario.ts';
import type { NodeResult } from '../../../src/simulate/record.ts';
import { type Simulation, simulate } from '../../../src/simulate/simulation.ts';
import { Yardstick } from '../../simulation/yardstick/yardstick.ts';

const BASE = `
description = "a world"
duration = 4000
settle = 2000
[[node]]
name = "client"
initial-offset = 0.3
oscillator = { error-ppm = 10, wander = 1e-9 }
source = [{ address = "truth", poll-min = 4, poll-max = 4 }]
[[server]]
name = "truth"
[network]
base = 1e-4
parts = [{ shape = "exponential", mean = 1e-5 }]
`;

function run(text: string, seed = 1): Simulation {
  const scenario = parseScenario(text, 'world.toml');
  return simulate({ scenario, recordedPpm: new Map() }, seed, (host) => new Yardstick(host));
}

function clientOf(simulation: Simulation): NodeResult {
  return Object.values(simulation.result.nodes)[0] as NodeResult;
}

describe('simulate', () => {
  it('gives the same result for the same seed and another for another', () => {
    expect(run(BASE).result).toEqual(run(BASE).result);
    expect(clientOf(run(BASE, 2)).clock.rms).not.toBe(clientOf(run(BASE)).clock.rms);
  });

  it('lets a plain client find the time', () => {
    const client = clientOf(run(BASE));
    expect(client.steps).toBeGreaterThan(0);
    expect(client.clock.max).toBeLessThan(1e-3);
    expect(client.packets).toBeGreaterThan(230);
    expect(client.packets).toBeLessThan(270);
  });

  it('lets a server lie', () => {
    const client = clientOf(run(BASE.replace('name = "truth"', 'name = "truth"\noffset = 0.05')));
    expect(client.clock.mean).toBeCloseTo(0.05, 3);
  });

  it('lets a chapter change a server, and a drift go on from where it was', () => {
    const script = 'name = "truth"\ndrift-ppm = 50\nchapter = [{ at = 1000, drift-ppm = 0 }]';
    const mean = clientOf(run(BASE.replace('name = "truth"', script))).clock.mean as number;
    // 50 ppm for 1,000 s, and a loop that overshoots.
    expect(mean).toBeGreaterThan(0.04);
    expect(mean).toBeLessThan(0.07);
  });

  it('leaves a client alone whose server is silent, kisses or spoils everything', () => {
    for (const [chapter, expected] of [
      ['silent = true', 0],
      ['kiss = "DENY"', 0],
    ] as const) {
      const world = run(BASE.replace('name = "truth"', `name = "truth"\nchapter = [{ at = 0, ${chapter} }]`));
      expect(clientOf(world).synchronisedShare).toBe(expected);
      expect(world.servers[0]?.requests).toBe(clientOf(world).packets);
    }
    const world = run(BASE.replace('name = "truth"', 'name = "truth"\nchapter = [{ at = 0, spoilt = 1 }]'));
    expect(world.servers[0]?.requests).toBe(clientOf(world).packets);
  });

  it('resolves a pool round about', () => {
    const text = `${BASE}[[server]]\nname = "other"\n[[name]]\nname = "pool"\nnodes = ["truth", "other"]\nanswers = 1\n`;
    const world = run(text.replace('address = "truth"', 'address = "pool"'));
    expect(world.servers.map(({ requests }) => requests > 0)).toEqual([true, false]);
  });

  it('traces the whole run for the picture', () => {
    const { trace } = run(BASE).records[0] as Simulation['records'][number];
    expect(trace.length).toBe(1200);
    expect(trace[0]?.clock).toBeCloseTo(0.3, 6);
    expect(trace.at(-1)?.atSeconds).toBeGreaterThan(3990);
  });
});
