import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SYNCHRONIZATION_DEFAULTS } from '../../src/core/coordinator-options.ts';
import type { Host } from '../../src/simulate/agent.ts';
import { DaemonAgent, daemonAgent } from '../../src/simulate/daemon-agent.ts';
import { RandomStream } from '../../src/simulate/random-stream.ts';
import type { NodeResult } from '../../src/simulate/record.ts';
import { simulate } from '../../src/simulate/simulation.ts';
import { randomWorld, withoutLies } from './random-scenario.ts';

/*
 * Days of random faults, a thousand sources in all: whatever the network and the servers do, the core keeps to its
 * own rules. What it cannot know (who lies) is not judged here.
 */

const WORLDS = 40;
const SOURCES_PER_WORLD = 25;
const LOOK_SECONDS = 300;
const AGREEING = ['system-peer', 'survivor', 'outlier', 'unpreferred'];
const DISAGREEING = ['falseticker', 'waiting'];

interface Step {
  atLocal: number;
  deltaSeconds: number;
  /** The first after the start, or after the machine slept. */
  isFirst: boolean;
}

/** The daemon, with an eye on every step of its clock. */
function watchedAgent(host: Host, steps: Step[]): DaemonAgent {
  let isFirst = true;
  const step = host.clock.step.bind(host.clock);
  host.clock.step = (nowLocal, deltaSeconds, frequency) => {
    steps.push({ atLocal: nowLocal, deltaSeconds, isFirst });
    isFirst = false;
    step(nowLocal, deltaSeconds, frequency);
  };
  const agent = new DaemonAgent(host);
  const slept = agent.slept.bind(agent);
  agent.slept = (nowLocal, gapSeconds) => {
    isFirst = true;
    slept(nowLocal, gapSeconds);
  };
  return agent;
}

function runDay(seed: number, sources: number, look?: (second: number) => void): void {
  const { scenario } = randomWorld(new RandomStream(seed), sources);
  const minimum = scenario.node[0]?.synchronization.minimumAgreeingSources as number;
  const steps: Step[] = [];
  simulate(
    { scenario, recordedPpm: new Map() },
    seed,
    (host) => watchedAgent(host, steps),
    (second, machines) => {
      if (second % LOOK_SECONDS !== 0) return;
      look?.(second);
      const agent = machines[0]?.agent as DaemonAgent;
      if (agent.exited) return;
      const { clock, sources: seen } = agent.coordinator.status(machines[0]?.nowLocal() as number);
      if (clock.state !== 'synchronised') return;
      const agreeing = seen.filter(({ state }) => AGREEING.includes(state)).length;
      const others = seen.filter(({ state }) => DISAGREEING.includes(state)).length;
      expect(agreeing, `at ${second} s`).toBeGreaterThanOrEqual(minimum);
      expect(agreeing, `at ${second} s`).toBeGreaterThan(others);
      expect(clock.maximumErrorSeconds).toBeGreaterThan(0);
    },
  );
  judgeSteps(steps);
}

/** Every step is one that a rule allows: how far, and how long after the one before. */
function judgeSteps(steps: readonly Step[]): void {
  const { startupStepPanicThreshold, singleStepPanicThreshold, stepThresholdSeconds } = SYNCHRONIZATION_DEFAULTS;
  let last = Number.NEGATIVE_INFINITY;
  for (const { atLocal, deltaSeconds, isFirst } of steps) {
    const limits = isFirst ? startupStepPanicThreshold : singleStepPanicThreshold;
    const size = Math.abs(deltaSeconds);
    expect(size).toBeLessThanOrEqual(deltaSeconds > 0 ? limits.forwardSeconds : limits.backwardSeconds);
    if (!isFirst) {
      expect(size).toBeGreaterThan(stepThresholdSeconds);
      expect(atLocal - last).toBeGreaterThanOrEqual(30);
    }
    last = atLocal;
  }
}

/** Enough for the slowest machine: how long it takes is not what is tested. */
const TIMEOUT_MS = 1_200_000;

describe('a day of random faults', { timeout: TIMEOUT_MS }, () => {
  it('never throws, never steps without a rule, never selects without an agreeing majority', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (seed) => runDay(seed, SOURCES_PER_WORLD)),
      { numRuns: WORLDS, endOnFailure: true },
    );
  });

  it('states a bound that holds in every second, from the first on, while nobody lies', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (seed) => {
        const scenario = withoutLies(randomWorld(new RandomStream(seed), 8).scenario);
        const { nodes } = simulate({ scenario, recordedPpm: new Map() }, seed, daemonAgent).result;
        const { synchronisedShare, bound } = nodes['client'] as NodeResult;
        if (synchronisedShare > 0) expect(bound.coverage).toBe(1);
      }),
      { numRuns: WORLDS / 4, endOnFailure: true },
    );
  });

  it('does not let memory grow', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const heapAt = new Map<number, number>();
    runDay(7, SOURCES_PER_WORLD, (second) => {
      if (second !== 43_200 && second !== 86_100) return;
      collect();
      heapAt.set(second, process.memoryUsage().heapUsed);
    });
    expect((heapAt.get(86_100) as number) - (heapAt.get(43_200) as number)).toBeLessThan(2_000_000);
  });
});
