import type { Address } from './agent.ts';
import { EventQueue } from './event-queue.ts';
import { Direction } from './link.ts';
import { RandomStream } from './random-stream.ts';
import type { DirectionOptions, PathOptions, Scenario } from './scenario.ts';
import { Timescale } from './timescale.ts';

/** The port that servers answer on. */
export const NTP_PORT = 123;

/** A UDP datagram on its way; the octets belong to the receiver once it was sent. */
export interface Datagram {
  readonly from: Station;
  readonly fromPort: number;
  readonly toPort: number;
  readonly octets: Uint8Array;
}

/** Whatever has an address in the world. */
export interface Station {
  readonly name: string;
  readonly address: Address;
  /** The datagram arrives now. */
  deliver(datagram: Datagram): void;
}

/** Time, network and chance of one virtual world. Stations join it and are then driven by its events. */
export class World {
  readonly random: RandomStream;
  readonly timescale: Timescale;
  readonly #scenario: Scenario;
  readonly #queue = new EventQueue();
  readonly #stations = new Map<string, Station>();
  readonly #directions = new Map<string, Direction>();
  #nowSeconds = 0;

  constructor(scenario: Scenario, seed: number) {
    this.#scenario = scenario;
    this.random = new RandomStream(seed);
    this.timescale = new Timescale(scenario);
  }

  /** True seconds since the world began. */
  get nowSeconds(): number {
    return this.#nowSeconds;
  }

  /** An address for the next station: 10.0.0.0/8, in order of joining. */
  nextAddress(): Address {
    const host = this.#stations.size + 1;
    return { text: `10.${(host >> 16) & 255}.${(host >> 8) & 255}.${host & 255}`, word: 0x0a00_0000 + host };
  }

  join(station: Station): void {
    this.#stations.set(station.address.text, station);
  }

  /** The station with this address; undefined when nobody has it. */
  stationAt(address: Pick<Address, 'text'>): Station | undefined {
    return this.#stations.get(address.text);
  }

  /** Does something at a true time, which is not before now. */
  at(trueSeconds: number, action: () => void): void {
    this.#queue.add(Math.max(trueSeconds, this.#nowSeconds), action);
  }

  /** Sends a datagram now; it arrives when the path lets it. */
  send(to: Station, datagram: Datagram): void {
    const port = datagram.toPort === NTP_PORT ? datagram.fromPort : datagram.toPort;
    this.#direction(datagram.from, to, datagram.toPort === NTP_PORT).carry(this.#nowSeconds, port, (arrival) => {
      this.#queue.add(arrival, () => to.deliver(datagram));
    });
  }

  /**
   * Runs until the end and calls `observe` at every whole second before it, after all that happened up to then.
   */
  run(endSeconds: number, observe: (trueSeconds: number) => void): void {
    for (let second = 0; second < endSeconds; second++) {
      while (this.#queue.nextSeconds <= second) {
        this.#nowSeconds = this.#queue.nextSeconds;
        this.#queue.take()();
      }
      this.#nowSeconds = second;
      observe(second);
    }
  }

  #direction(from: Station, to: Station, asks: boolean): Direction {
    const key = `${from.name}\0${to.name}\0${asks}`;
    let direction = this.#directions.get(key);
    if (direction === undefined) {
      const [asking, answering] = asks ? [from.name, to.name] : [to.name, from.name];
      const shared = this.random.fork(`link ${asking} ${answering}`);
      const options = this.#path(asking, answering);
      direction = new Direction(merge(options, asks ? options.up : options.down), asks, shared.fork(`${asks}`), shared);
      this.#directions.set(key, direction);
    }
    return direction;
  }

  #path(asking: string, answering: string): PathOptions {
    const own = this.#scenario.link.find(({ from, to }) => from === asking && to === answering);
    return own ?? this.#scenario.network;
  }
}

function merge(both: DirectionOptions, one: DirectionOptions | undefined): DirectionOptions {
  return one === undefined ? both : { ...both, ...one };
}
