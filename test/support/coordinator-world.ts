import { Coordinator } from '../../src/core/coordinator.ts';
import {
  type Authenticator,
  type CoordinatorOptions,
  SOURCE_DEFAULTS,
  type SourceOptions,
  SYNCHRONIZATION_DEFAULTS,
  type SynchronizationOptions,
} from '../../src/core/coordinator-options.ts';
import type { EventOutput, ExitOutput, Output, RequestOutput } from '../../src/core/coordinator-output.ts';
import type { ClockPort, LocalSeconds, Random } from '../../src/core/ports.ts';
import { addSeconds } from '../../src/protocol/timestamp.ts';

/** NTP seconds at which the worlds begin: 2026-11-24 12:00:00 UTC. */
export const WORLD_START = 4_004_510_400;

/** How long a server takes to answer. */
const RESIDENCE_SECONDS = 50e-6;

/** A small seeded generator (mulberry32), so that a failure replays. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A server as tests script it; every figure may change while the world runs. */
export interface TestServer {
  readonly address: string;
  isUp: boolean;
  /** Ahead of the truth, seconds. */
  offsetSeconds: number;
  leap: number;
  stratum: number;
  refid: number;
  rootDelaySeconds: number;
  rootDispersionSeconds: number;
  upSeconds: () => number;
  downSeconds: () => number;
  /** Last word on a reply's octets; null: it is lost. */
  tamper: (reply: Uint8Array, request: Uint8Array) => Uint8Array | null;
  /** Requests that arrived: their times and octets. */
  readonly requests: { atTrue: number; octets: Uint8Array }[];
}

/** A clock port that keeps what was done to it. */
export class TestClock implements ClockPort {
  canStep = true;
  canSlew = true;
  readonly slewRateMax = 0.1;
  readonly steps: { atLocal: number; deltaSeconds: number }[] = [];
  /** Slope of the clock against the local timescale less one: frequency and slew. */
  readonly rates: number[] = [];
  maximumErrorSeconds = Number.POSITIVE_INFINITY;
  estimatedErrorSeconds = Number.POSITIVE_INFINITY;
  isSynchronised = false;
  #atLocal = 0;
  #offset: number;
  #frequency = 0;
  #rate = 0;
  #untilLocal = 0;

  constructor(offsetSeconds: number) {
    this.#offset = offsetSeconds;
  }

  readOffsetSeconds(nowLocal: LocalSeconds): number {
    const slewed = Math.max(0, Math.min(nowLocal, this.#untilLocal) - this.#atLocal);
    return this.#offset + this.#frequency * (nowLocal - this.#atLocal) + this.#rate * slewed;
  }

  step(nowLocal: LocalSeconds, deltaSeconds: number, frequency: number): void {
    this.steps.push({ atLocal: nowLocal, deltaSeconds });
    this.#settle(nowLocal, frequency);
    this.#offset += deltaSeconds;
  }

  slew(nowLocal: LocalSeconds, frequency: number, correctionSeconds: number, slewRate: number): void {
    this.#settle(nowLocal, frequency);
    if (correctionSeconds === 0) return;
    this.#rate = Math.sign(correctionSeconds) * slewRate;
    this.#untilLocal = nowLocal + Math.abs(correctionSeconds) / slewRate;
    this.rates.push(this.#rate);
  }

  setErrors(maximumErrorSeconds: number, estimatedErrorSeconds: number, isSynchronised: boolean): void {
    this.maximumErrorSeconds = maximumErrorSeconds;
    this.estimatedErrorSeconds = estimatedErrorSeconds;
    this.isSynchronised = isSynchronised;
  }

  /** Somebody else's hand. */
  push(deltaSeconds: number): void {
    this.#offset += deltaSeconds;
  }

  #settle(nowLocal: LocalSeconds, frequency: number): void {
    this.#offset = this.readOffsetSeconds(nowLocal);
    this.#atLocal = nowLocal;
    this.#untilLocal = nowLocal;
    this.#frequency = frequency;
    this.#rate = 0;
  }
}

interface WorldOptions {
  readonly seed?: number;
  readonly sources?: readonly Partial<SourceOptions>[];
  readonly synchronization?: Partial<SynchronizationOptions>;
  readonly coordinator?: Partial<CoordinatorOptions>;
  /** What the oscillator has gained on the truth after so many seconds; a gain of 10 ppm if left out. */
  readonly deviation?: (atTrue: number) => number;
  /** How far the clock is ahead of the truth at the start. */
  readonly clockAheadSeconds?: number;
  readonly startNtpSeconds?: number;
  /** Seals and checks what every source says; plain NTP when left out. */
  readonly authenticator?: Authenticator;
}

interface Arrival {
  readonly atTrue: number;
  readonly token: number;
  readonly octets: Uint8Array;
  readonly address: string;
}

/** A coordinator in a virtual world of scripted servers: one clock, one network, no time but the test's. */
export class CoordinatorWorld {
  readonly coordinator: Coordinator;
  readonly clock: TestClock;
  readonly random: Random;
  readonly servers = new Map<string, TestServer>();
  readonly events: EventOutput[] = [];
  readonly outputs: Output[] = [];
  readonly requests: RequestOutput[] = [];
  exit: ExitOutput | null = null;
  /** Names to addresses; a numeric address stands for itself. */
  readonly names = new Map<string, readonly string[]>();
  readonly resolutions: { atTrue: number; name: string }[] = [];
  nowTrue = 0;
  /** UTC less the seconds since the start: leap seconds. */
  leapSeconds: (atTrue: number) => number = () => 0;
  readonly startNtpSeconds: number;
  readonly #deviation: (atTrue: number) => number;
  readonly #arrivals: Arrival[] = [];

  constructor(options: WorldOptions = {}) {
    this.random = seededRandom(options.seed ?? 1);
    this.startNtpSeconds = options.startNtpSeconds ?? WORLD_START;
    this.#deviation = options.deviation ?? ((atTrue) => 1e-5 * atTrue);
    const ahead = options.clockAheadSeconds ?? 0.1;
    const epoch = { seconds: 0, fraction: 0 };
    addSeconds(this.startNtpSeconds, 0, ahead, epoch);
    this.clock = new TestClock(0);
    this.coordinator = new Coordinator(
      {
        sources: (options.sources ?? [{ address: '192.0.2.1' }]).map((one) => ({ ...SOURCE_DEFAULTS, ...one })),
        synchronization: { ...SYNCHRONIZATION_DEFAULTS, minimumAgreeingSources: 1, ...options.synchronization },
        epoch,
        timescaleId: 'test',
        timescaleOriginSeconds: 0,
        precisionSeconds: 1e-7,
        drift: null,
        leapFile: null,
        history: null,
        logs: { measurements: false, statistics: false, tracking: false },
        ...options.coordinator,
      },
      { clock: this.clock, random: this.random, authenticator: () => options.authenticator ?? null },
    );
    this.#aheadSeconds = ahead;
  }

  readonly #aheadSeconds: number;

  localAt(trueSeconds: number): LocalSeconds {
    return trueSeconds + this.#deviation(trueSeconds);
  }

  /** The inverse; the deviation changes so little that a few rounds reach a double's limit. */
  #trueAt(local: LocalSeconds): number {
    if (!Number.isFinite(local)) return local;
    let atTrue = local;
    for (let round = 0; round < 5; round++) atTrue = local - this.#deviation(atTrue);
    return atTrue;
  }

  get nowLocal(): LocalSeconds {
    return this.localAt(this.nowTrue);
  }

  /** True time less (epoch + local time) now: what the served line should say. */
  get trueOffset(): number {
    return this.nowTrue - this.nowLocal - this.#aheadSeconds + this.leapSeconds(this.nowTrue);
  }

  /** Served line less the truth. */
  get servedError(): number {
    const { line } = this.coordinator.variables;
    return line.offsetSeconds + line.frequency * (this.nowLocal - line.atLocal) - this.trueOffset;
  }

  /** Clock under discipline less the truth. */
  get clockError(): number {
    return this.clock.readOffsetSeconds(this.nowLocal) - this.trueOffset;
  }

  addServer(address: string, script: Partial<Omit<TestServer, 'address' | 'requests'>> = {}): TestServer {
    const server: TestServer = {
      address,
      isUp: true,
      offsetSeconds: 0,
      leap: 0,
      stratum: 1,
      refid: 0x47505300,
      rootDelaySeconds: 0,
      rootDispersionSeconds: 0,
      upSeconds: () => 1e-4 + 1e-5 * this.random(),
      downSeconds: () => 1e-4 + 1e-5 * this.random(),
      tamper: (reply) => reply,
      requests: [],
      ...script,
    };
    this.servers.set(address, server);
    return server;
  }

  /** Lets the world run until a true time; `watch` is called after each thing that happens. */
  runUntil(endTrue: number, watch: () => void = () => {}): void {
    this.coordinator.advance(this.nowLocal);
    this.#drain();
    for (;;) {
      this.#arrivals.sort((a, b) => a.atTrue - b.atTrue);
      const wake = this.#trueAt(this.coordinator.nextWakeLocal);
      const arrival = this.#arrivals[0];
      const next = Math.max(this.nowTrue, Math.min(wake, arrival?.atTrue ?? Number.POSITIVE_INFINITY));
      if (next > endTrue) break;
      this.nowTrue = next;
      if (arrival !== undefined && arrival.atTrue <= next) {
        this.#arrivals.shift();
        const { token, octets, address } = arrival;
        this.coordinator.datagramReceived(
          this.nowLocal,
          token,
          octets,
          octets.length,
          this.nowLocal,
          'kernel',
          address,
          123,
        );
      } else {
        this.coordinator.advance(Math.max(this.nowLocal, this.coordinator.nextWakeLocal));
      }
      this.#drain();
      watch();
    }
    this.nowTrue = endTrue;
  }

  /** Takes all outputs and does what they ask for. */
  #drain(): void {
    for (let output = this.coordinator.takeOutput(); output !== undefined; output = this.coordinator.takeOutput()) {
      this.outputs.push(output);
      if (output.kind === 'event') this.events.push(output);
      else if (output.kind === 'exit') this.exit = output;
      else if (output.kind === 'resolve') this.#resolve(output.sourceIndex, output.name);
      else if (output.kind === 'request') this.#send(output);
    }
  }

  #resolve(sourceIndex: number, name: string): void {
    this.resolutions.push({ atTrue: this.nowTrue, name });
    const addresses = this.names.get(name) ?? (/^[\d.]+$/.test(name) ? [name] : []);
    if (addresses.length === 0) {
      this.coordinator.nameFailed(this.nowLocal, sourceIndex, 'NXDOMAIN');
      return;
    }
    const resolved = addresses.map((text) => ({ text, refid: refidOf(text), isOurs: text === '192.0.2.200' }));
    this.coordinator.nameResolved(this.nowLocal, sourceIndex, resolved);
  }

  #send(request: RequestOutput): void {
    const octets = request.octets.slice(0, request.length);
    this.requests.push({ ...request, octets });
    this.coordinator.requestSent(this.nowLocal, request.token, this.nowLocal, 'kernel');
    const server = this.servers.get(request.address);
    if (server === undefined || !server.isUp) return;
    const arrivesTrue = this.nowTrue + server.upSeconds();
    server.requests.push({ atTrue: arrivesTrue, octets });
    const reply = server.tamper(this.#answer(server, octets, arrivesTrue), octets);
    if (reply === null) return;
    const atTrue = arrivesTrue + RESIDENCE_SECONDS + server.downSeconds();
    this.#arrivals.push({ atTrue, token: request.token, octets: reply, address: server.address });
  }

  #answer(server: TestServer, request: Uint8Array, arrivesTrue: number): Uint8Array {
    const reply = new Uint8Array(48);
    const view = new DataView(reply.buffer);
    view.setUint8(0, (server.leap << 6) | (4 << 3) | 4);
    view.setUint8(1, server.stratum % 16);
    view.setUint8(2, request[2] ?? 0);
    view.setInt8(3, -25);
    view.setUint32(4, Math.ceil(server.rootDelaySeconds * 65_536));
    view.setUint32(8, Math.ceil(server.rootDispersionSeconds * 65_536));
    view.setUint32(12, server.refid);
    this.#stamp(view, 16, arrivesTrue - 5, server);
    reply.set(request.subarray(40, 48), 24);
    this.#stamp(view, 32, arrivesTrue, server);
    this.#stamp(view, 40, arrivesTrue + RESIDENCE_SECONDS, server);
    return reply;
  }

  #stamp(view: DataView, at: number, atTrue: number, server: TestServer): void {
    const stamp = { seconds: 0, fraction: 0 };
    addSeconds(this.startNtpSeconds, 0, atTrue + this.leapSeconds(atTrue), stamp);
    addSeconds(stamp.seconds, stamp.fraction, server.offsetSeconds, stamp);
    view.setUint32(at, stamp.seconds);
    view.setUint32(at + 4, stamp.fraction);
  }
}

/** IPv4 addresses are their own refid. */
export function refidOf(address: string): number {
  return address.split('.').reduce((word, octet) => (word << 8) | Number(octet), 0) >>> 0;
}
