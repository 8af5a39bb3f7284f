import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { AgentFactory } from '../../src/simulate/agent.ts';
import { daemonAgent } from '../../src/simulate/daemon-agent.ts';
import { missesOf } from '../../src/simulate/limits.ts';
import { type LoadedScenario, loadScenario } from '../../src/simulate/load-scenario.ts';
import type { NodeResult } from '../../src/simulate/record.ts';
import { medianResult } from '../../src/simulate/report.ts';
import { simulate } from '../../src/simulate/simulation.ts';
import { Yardstick } from './yardstick/yardstick.ts';

/*
 * Every scenario file, one behaviour each, within its limits; where a file says so, beside the RFC 5905 yardstick in
 * the same world. Run one alone with `ntpd-ts simulate FILE --seed 1 --seeds 3`.
 */

const DIRECTORY = fileURLToPath(new URL('scenarios/', import.meta.url));
const SEEDS = [1, 2, 3];

function medians(loaded: LoadedScenario, factory: AgentFactory): ReadonlyMap<string, NodeResult> {
  const runs = SEEDS.map((seed) => simulate(loaded, seed, factory).result);
  return new Map(
    loaded.scenario.node.map(({ name }) => [name, medianResult(runs.map(({ nodes }) => nodes[name] as NodeResult))]),
  );
}

describe('scenarios', () => {
  for (const file of readdirSync(DIRECTORY).filter((name) => name.endsWith('.toml'))) {
    const loaded = loadScenario(DIRECTORY + file);
    const { description, limits } = loaded.scenario;
    it(`${file}: ${description}`, () => {
      const ours = medians(loaded, daemonAgent);
      const misses = Object.entries(limits).flatMap(([name, limit]) =>
        missesOf(name, limit, ours.get(name) as NodeResult),
      );
      expect(misses).toEqual([]);
      const compared = Object.entries(limits).filter(([, { yardstickRatio }]) => yardstickRatio !== undefined);
      if (compared.length === 0) return;
      const plain = medians(loaded, (host) => new Yardstick(host));
      for (const [name, { yardstickRatio }] of compared) {
        const [own, other] = [ours.get(name) as NodeResult, plain.get(name) as NodeResult];
        expect(own.clock.rms / other.clock.rms, 'RMS beside the yardstick').toBeLessThanOrEqual(
          yardstickRatio as number,
        );
        expect(own.clock.max / other.clock.max, 'max beside the yardstick').toBeLessThanOrEqual(
          yardstickRatio as number,
        );
      }
    });
  }
});
