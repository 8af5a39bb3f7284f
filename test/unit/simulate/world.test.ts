import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../src/simulate/random-stream.ts';
import { World } from '../../../src/simulate/world.ts';
import { Listener, scenarioOf, worldOf } from '../../support/virtual-world.ts';

const NODE = '[[node]]\nname = "client"\n[[server]]\nname = "truth"\n';

describe('World', () => {
  it('runs events in order and observes every whole second after them', () => {
    const world = new World(scenarioOf(NODE), 1);
    const seen: string[] = [];
    world.at(2, () => seen.push('event 2'));
    world.at(0.5, () => seen.push('event 0.5'));
    world.run(3, (second) => seen.push(`second ${second}`));
    expect(seen).toEqual(['second 0', 'event 0.5', 'second 1', 'event 2', 'second 2']);
  });

  it('gives out addresses in order of joining and finds who has one', () => {
    const world = new World(scenarioOf(NODE), 1);
    const [one, two] = [new Listener(world), new Listener(world)];
    expect([one.address.text, two.address.text, two.address.word]).toEqual(['10.0.0.1', '10.0.0.2', 0x0a00_0002]);
    expect(world.stationAt({ text: '10.0.0.2' })).toBe(two);
    expect(world.stationAt({ text: '10.0.0.3' })).toBeUndefined();
  });

  it('takes a link’s own path where there is one, in the direction of asking', () => {
    const { world, machine, servers } = worldOf(
      `${NODE}[network]\nbase = 9\n[[link]]\nfrom = "client"\nto = "truth"\nbase = 1\ndown = { base = 3 }\n`,
    );
    const seen: number[] = [];
    const [server] = servers;
    if (server === undefined) throw new Error('no server');
    const deliver = server.deliver.bind(server);
    server.deliver = (datagram) => {
      seen.push(world.nowSeconds);
      deliver(datagram);
    };
    machine.deliver = () => seen.push(world.nowSeconds);
    world.at(10, () => machine.send(server.address, 4000, new Uint8Array(48)));
    world.run(30, () => {});
    expect(seen[0]).toBe(11);
    expect(seen[1]).toBeCloseTo(14, 3);
  });

  it('falls back on the network for pairs without a link', () => {
    const { world, machine, listener } = worldOf(`${NODE}[network]\nbase = 2\n`);
    world.at(10, () => machine.send(listener.address, 4000, new Uint8Array(48)));
    world.run(30, () => {});
    expect(listener.received.map(({ atSeconds }) => atSeconds)).toEqual([12]);
  });

  it('draws its chance from the seed', () => {
    expect(new World(scenarioOf(NODE), 5).random.word()).toBe(new RandomStream(5).word());
  });
});
