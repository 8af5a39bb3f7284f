import type { Address, AgentFactory } from './agent.ts';
import type { LoadedScenario } from './load-scenario.ts';
import { Machine } from './machine.ts';
import { NodeRecord, type NodeResult } from './record.ts';
import { ScriptedServer } from './scripted-server.ts';
import { type Station, World } from './world.ts';

/** One run of a scenario. */
export interface SimulationResult {
  seed: number;
  nodes: Record<string, NodeResult>;
}

/** A run with its machines still at hand, for pictures and for tests that look inside. */
export interface Simulation {
  result: SimulationResult;
  records: readonly NodeRecord[];
  servers: readonly ScriptedServer[];
}

/**
 * Runs a scenario to its end. The same scenario, seed and agent always give the same result.
 *
 * @param watch - called at every whole second of true time, after the records were taken.
 */
export function simulate(
  { scenario, recordedPpm }: LoadedScenario,
  seed: number,
  factory: AgentFactory,
  watch?: (trueSeconds: number, machines: readonly Machine[]) => void,
): Simulation {
  const world = new World(scenario, seed);
  const stations = new Map<string, Station>();
  const join = <S extends Station>(station: S): S => {
    world.join(station);
    stations.set(station.name, station);
    return station;
  };
  const resolve = resolver(scenario.name, stations);
  const servers = scenario.server.map((options) => join(new ScriptedServer(world, options)));
  const machines = scenario.node.map((options) =>
    join(new Machine(world, options, recordedPpm.get(options.name) ?? null, factory, resolve)),
  );
  const records = machines.map((machine) => new NodeRecord(machine, scenario.settle, scenario.duration));
  world.run(scenario.duration, (second) => {
    for (const record of records) record.observe(second);
    watch?.(second, machines);
  });
  const nodes = Object.fromEntries(records.map((record) => [record.machine.name, record.result()]));
  return { result: { seed, nodes }, records, servers };
}

/** Resolves names as DNS does for pools: each question gets the next few addresses, going round. */
function resolver(
  names: LoadedScenario['scenario']['name'],
  stations: ReadonlyMap<string, Station>,
): (name: string) => Address[] {
  const asked = new Map<string, number>();
  return (question) => {
    const pool = names.find(({ name }) => name === question);
    if (pool === undefined) {
      const station = stations.get(question);
      return station === undefined ? [] : [station.address];
    }
    const first = asked.get(question) ?? 0;
    const count = Math.min(pool.answers, pool.nodes.length);
    asked.set(question, first + count);
    return Array.from({ length: count }, (_, index) => {
      const node = pool.nodes[(first + index) % pool.nodes.length] as string;
      return (stations.get(node) as Station).address;
    });
  };
}
