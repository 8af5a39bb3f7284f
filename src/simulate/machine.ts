import type { ClockPort, LocalEpoch, LocalSeconds, Random } from '../core/ports.ts';
import { XMT } from '../protocol/header.ts';
import { addSeconds, type Timestamp } from '../protocol/timestamp.ts';
import type { Address, Agent, AgentFactory, Belief, Host } from './agent.ts';
import { Oscillator } from './oscillator.ts';
import type { RandomStream } from './random-stream.ts';
import type { NodeOptions } from './scenario.ts';
import { VirtualClock } from './virtual-clock.ts';
import { type Datagram, NTP_PORT, type Station, type World } from './world.ts';

/** A belief that nobody has filled in. */
export function noBelief(): Belief {
  return { synchronised: false, offsetSeconds: 0, frequency: 0, maximumErrorSeconds: 0, sigmaSeconds: 0 };
}

/** Between two looks of the agent at a packet and at the clock it was stamped with, seconds. */
const READ_LATENCY_SECONDS = 20e-6;
/** Between a request's arrival and its reply's departure: uniform up to this, seconds. */
const PROCESSING_SECONDS = 50e-6;

/** A machine of the virtual world: oscillator, system clock, network, and an agent that keeps the clock. */
export class Machine implements Station, Host {
  readonly options: NodeOptions;
  readonly name: string;
  readonly address: Address;
  readonly epoch: LocalEpoch;
  readonly clock: ClockPort;
  readonly random: Random;
  readonly oscillator: Oscillator;
  /** The host's clock, which other hands may touch; the clock under discipline unless that is a software clock. */
  readonly systemClock: VirtualClock;
  /** The clock that is judged: the system clock, or in software mode the one that the agent keeps for itself. */
  readonly judgedClock: VirtualClock;
  /** Requests that this machine sent. */
  packets = 0;
  agent: Agent | null = null;

  readonly #world: World;
  readonly #noise: RandomStream;
  readonly #factory: AgentFactory;
  readonly #resolve: (name: string) => Address[];
  readonly #epochAheadSeconds: number;
  readonly #xmt: Timestamp = { seconds: 0, fraction: 0 };
  readonly #belief: Belief = noBelief();
  #alarm = 0;
  #alarmLocal = Number.POSITIVE_INFINITY;

  constructor(
    world: World,
    options: NodeOptions,
    recordedPpm: Float64Array | null,
    factory: AgentFactory,
    resolve: (name: string) => Address[],
  ) {
    this.#world = world;
    this.options = options;
    this.name = options.name;
    this.address = world.nextAddress();
    const random = world.random.fork(`node ${options.name}`);
    this.random = bound(random.fork('agent'));
    this.#noise = random.fork('stamps');
    this.oscillator = new Oscillator(options.oscillator, recordedPpm, random.fork('oscillator'));
    this.#epochAheadSeconds = options.initialOffset;
    const epoch = { seconds: 0, fraction: 0 };
    addSeconds(world.timescale.startSeconds, 0, options.initialOffset, epoch);
    this.epoch = epoch;
    this.systemClock = new VirtualClock(0, options.clock === 'system');
    this.judgedClock = options.clock === 'software' ? new VirtualClock(0, true) : this.systemClock;
    this.clock = this.judgedClock;
    this.#factory = factory;
    this.#resolve = resolve;
    world.at(options.startsAt, () => this.#start());
    for (const hand of options.foreign) world.at(hand.at, () => this.#touch(hand));
    for (const sleep of options.oscillator.suspends) world.at(sleep.at + sleep.for, () => this.#wakeUp(sleep.for));
  }

  nowLocal(): LocalSeconds {
    return this.oscillator.localAt(this.#world.nowSeconds);
  }

  resolve(name: string): Address[] {
    return this.#resolve(name);
  }

  send(to: Pick<Address, 'text'>, fromPort: number, octets: Uint8Array): LocalSeconds {
    this.packets++;
    const station = this.#world.stationAt(to);
    if (station !== undefined) {
      this.#world.send(station, { from: this, fromPort, toPort: NTP_PORT, octets: octets.slice() });
    }
    return this.#stampLocal();
  }

  deliver(datagram: Datagram): void {
    const agent = this.agent;
    if (agent === null || this.oscillator.asleepAt(this.#world.nowSeconds)) return;
    const arrival = {
      from: datagram.from.address,
      fromPort: datagram.fromPort,
      toPort: datagram.toPort,
      octets: datagram.octets,
      atLocal: this.#stampLocal(),
    };
    if (datagram.toPort !== NTP_PORT) {
      agent.receive(arrival, this.nowLocal());
      this.#arm();
      return;
    }
    const reply = agent.respond(arrival, this.nowLocal());
    if (reply === null) return;
    const departs = this.#world.nowSeconds + PROCESSING_SECONDS * this.#noise.uniform();
    this.#world.at(departs, () => this.#reply(datagram, reply));
  }

  /** Does what the addon does: writes the transmit stamp, on the served clock, and sends. */
  #reply(request: Datagram, octets: Uint8Array): void {
    this.believe(this.#belief);
    const stamp = this.#stampLocal() + this.#belief.offsetSeconds;
    addSeconds(this.epoch.seconds, this.epoch.fraction, stamp, this.#xmt);
    const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
    view.setUint32(XMT, this.#xmt.seconds);
    view.setUint32(XMT + 4, this.#xmt.fraction);
    this.#world.send(request.from, { from: this, fromPort: NTP_PORT, toPort: request.fromPort, octets });
  }

  /** What UTC is now, less (epoch + local time): what a perfect agent would believe. */
  trueOffsetSeconds(): number {
    const now = this.#world.nowSeconds;
    return this.#world.timescale.leapOffset(now) - this.#epochAheadSeconds - this.oscillator.deviationAt(now);
  }

  /** Fills in the agent's belief; before the start it is that of a machine which knows nothing. */
  believe(out: Belief): void {
    out.synchronised = false;
    out.offsetSeconds = 0;
    out.frequency = 0;
    out.maximumErrorSeconds = Number.POSITIVE_INFINITY;
    out.sigmaSeconds = Number.POSITIVE_INFINITY;
    this.agent?.believe(this.nowLocal(), out);
  }

  #start(): void {
    this.agent = this.#factory(this);
    this.#arm();
  }

  #wakeUp(gapSeconds: number): void {
    this.agent?.slept(this.nowLocal(), gapSeconds);
    this.#arm();
  }

  /** Sees to it that the agent is woken when it wants to be. */
  #arm(): void {
    const agent = this.agent;
    if (agent === null || agent.wakeLocal === this.#alarmLocal) return;
    const alarm = ++this.#alarm;
    this.#alarmLocal = agent.wakeLocal;
    if (this.#alarmLocal === Number.POSITIVE_INFINITY) return;
    this.#world.at(this.oscillator.trueAt(this.#alarmLocal, this.#world.nowSeconds), () => {
      if (alarm !== this.#alarm) return;
      this.#alarmLocal = Number.POSITIVE_INFINITY;
      agent.advance(Math.max(this.nowLocal(), agent.wakeLocal));
      this.#arm();
    });
  }

  /**
   * Local time as a stamp gives it. Stamps are taken on the system clock and turned into local time a little later,
   * by when another hand may have moved the clock on.
   */
  #stampLocal(): LocalSeconds {
    const noise = this.options.stampNoise > 0 ? this.options.stampNoise * this.#noise.normal() : 0;
    return this.nowLocal() + noise - this.systemClock.foreignRate * READ_LATENCY_SECONDS;
  }

  #touch(hand: NodeOptions['foreign'][number]): void {
    if ('step' in hand) {
      this.systemClock.stepByOther(hand.step);
      if (this.judgedClock !== this.systemClock) return;
      this.agent?.clockStepped(this.nowLocal(), hand.step);
      this.#arm();
      return;
    }
    this.systemClock.slewByOther(this.nowLocal(), hand.slewPpm * 1e-6);
    this.#world.at(hand.at + hand.for, () => this.systemClock.slewByOther(this.nowLocal(), 0));
  }
}

function bound(stream: RandomStream): Random {
  return () => stream.uniform();
}
