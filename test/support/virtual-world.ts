import type { Address, Agent, Arrival, Belief, Host } from '../../src/simulate/agent.ts';
import { parseScenario } from '../../src/simulate/load-scenario.ts';
import { Machine } from '../../src/simulate/machine.ts';
import type { Scenario } from '../../src/simulate/scenario.ts';
import { ScriptedServer } from '../../src/simulate/scripted-server.ts';
import { type Datagram, type Station, World } from '../../src/simulate/world.ts';

/** A scenario from TOML, with the keys that every scenario needs. */
export function scenarioOf(toml: string): Scenario {
  return parseScenario(`description = "test"\nduration = 100\n${toml}`, 'test.toml');
}

/** A station that only keeps what it is sent. */
export class Listener implements Station {
  readonly name = 'listener';
  readonly address: Address;
  readonly received: { atSeconds: number; datagram: Datagram }[] = [];
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    this.address = world.nextAddress();
    world.join(this);
  }

  deliver(datagram: Datagram): void {
    this.received.push({ atSeconds: this.#world.nowSeconds, datagram });
  }

  /** The octets of what came in, as views. */
  views(): DataView[] {
    return this.received.map(
      ({ datagram: { octets } }) => new DataView(octets.buffer, octets.byteOffset, octets.length),
    );
  }
}

/** An agent that does what a test tells it, and keeps what it is told. */
export class FakeAgent implements Agent {
  wakeLocal: number = Number.POSITIVE_INFINITY;
  readonly host: Host;
  readonly woken: number[] = [];
  readonly arrivals: Arrival[] = [];
  readonly sleeps: number[] = [];
  readonly steps: number[] = [];
  reply: Uint8Array | null = null;
  offsetSeconds = 0;

  constructor(host: Host) {
    this.host = host;
  }

  advance(nowLocal: number): void {
    this.woken.push(nowLocal);
    this.wakeLocal = Number.POSITIVE_INFINITY;
  }

  receive(arrival: Arrival): void {
    this.arrivals.push(arrival);
  }

  respond(): Uint8Array | null {
    return this.reply;
  }

  slept(_nowLocal: number, gapSeconds: number): void {
    this.sleeps.push(gapSeconds);
  }

  clockStepped(_nowLocal: number, deltaSeconds: number): void {
    this.steps.push(deltaSeconds);
  }

  believe(_nowLocal: number, out: Belief): void {
    out.synchronised = true;
    out.offsetSeconds = this.offsetSeconds;
  }
}

/** A world with one machine that runs a fake agent, the scenario's servers, and a listener. */
export function worldOf(toml: string): {
  world: World;
  machine: Machine;
  agent: () => FakeAgent;
  servers: ScriptedServer[];
  listener: Listener;
} {
  const scenario = scenarioOf(toml);
  const world = new World(scenario, 1);
  const servers = scenario.server.map((options) => {
    const server = new ScriptedServer(world, options);
    world.join(server);
    return server;
  });
  const options = scenario.node[0] as Scenario['node'][number];
  const machine = new Machine(
    world,
    options,
    null,
    (host) => new FakeAgent(host),
    () => [],
  );
  world.join(machine);
  return { world, machine, agent: () => machine.agent as FakeAgent, servers, listener: new Listener(world) };
}
