import { expect, it } from 'vitest';
import type { Agent } from '../../../src/simulate/agent.ts';
import { Machine } from '../../../src/simulate/machine.ts';
import { NodeRecord, type NodeResult } from '../../../src/simulate/record.ts';
import type { NodeOptions } from '../../../src/simulate/scenario.ts';
import { World } from '../../../src/simulate/world.ts';
import { scenarioOf } from '../../support/virtual-world.ts';

/** A machine whose clock never moves, and an agent that says what `belief` says of each second. */
function record(
  toml: string,
  belief: (second: number) => { synchronised: boolean; offset: number; bound: number; sigma: number },
): NodeResult {
  const scenario = scenarioOf(toml);
  const world = new World(scenario, 1);
  const agent: Agent = {
    wakeLocal: Number.POSITIVE_INFINITY,
    advance() {},
    receive() {},
    respond: () => null,
    slept() {},
    clockStepped() {},
    believe(_now, out) {
      const { synchronised, offset, bound, sigma } = belief(world.nowSeconds);
      out.synchronised = synchronised;
      out.offsetSeconds = offset;
      out.maximumErrorSeconds = bound;
      out.sigmaSeconds = sigma;
    },
  };
  const machine = new Machine(
    world,
    scenario.node[0] as NodeOptions,
    null,
    () => agent,
    () => [],
  );
  const watch = new NodeRecord(machine, scenario.settle, scenario.duration);
  world.run(scenario.duration, (second) => watch.observe(second));
  return watch.result();
}

it('compares the belief with the truth, second by second', () => {
  const result = record('settle = 50\n[[node]]\nname = "a"\ninitial-offset = 1e-4', (second) => ({
    synchronised: second >= 60,
    offset: second < 90 ? -1e-4 : 0,
    bound: 5e-5,
    sigma: 2e-5,
  }));
  expect(result.clock.max).toBeCloseTo(1e-4, 9);
  expect(result.served.max).toBeCloseTo(1e-4, 9);
  expect(result.synchronisedShare).toBe(0.8);
  expect(result.bound).toEqual({ coverage: 0.75, medianSeconds: 5e-5, uncoveredSecondsMax: 10 });
  expect(result.sigma.within4).toBe(0.75);
  expect(result.sigma.excursionSecondsMax).toBe(10);
  expect(result.sigma.rmsRatio).toBeCloseTo(2.5, 6);
});

it('counts the clock as set once it stays near the truth for a minute', () => {
  const never = record('[[node]]\nname = "a"\ninitial-offset = 0.1', () => ({
    synchronised: true,
    offset: 0,
    bound: 1,
    sigma: 1,
  }));
  expect(never.timeToSyncSeconds).toBe(Number.POSITIVE_INFINITY);
  expect(never.ends).toBe(0);
  const late = record(
    '[[node]]\nname = "a"\nstarts-at = 5\ninitial-offset = 0.1\noscillator = { jumps = [{ at = 25, by = -0.1 }] }',
    () => ({ synchronised: true, offset: 0, bound: 1, sigma: 1 }),
  );
  expect(late.timeToSyncSeconds).toBe(20);
});
