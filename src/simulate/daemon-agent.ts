import type { ResolvedAddress } from '../core/association/roster.ts';
import { Coordinator } from '../core/coordinator.ts';
import {
  type CoordinatorOptions,
  type SourceOptions as CoreSourceOptions,
  type SynchronizationOptions as CoreSynchronizationOptions,
  SOURCE_DEFAULTS,
  SYNCHRONIZATION_DEFAULTS,
} from '../core/coordinator-options.ts';
import type { RequestOutput } from '../core/coordinator-output.ts';
import type { LocalSeconds } from '../core/ports.ts';
import { BatchResponder, RESPONDER_COUNTERS } from '../core/server/batch-responder.ts';
import { DEFAULT_POLICY } from '../core/server/listener-policy.ts';
import { COPY_WORDS } from '../core/server/page.ts';
import {
  SLOT_LENGTH,
  SLOT_PORT,
  SLOT_REPLY_LENGTH,
  SLOT_RX_FRACTION,
  SLOT_RX_SECONDS,
  SLOT_WORDS,
} from '../core/server/slot.ts';
import { LEAP_UNKNOWN, STRATUM_UNSYNCHRONISED } from '../protocol/header.ts';
import { addSeconds, type Timestamp } from '../protocol/timestamp.ts';
import type { Agent, Arrival, Belief, Host } from './agent.ts';
import type { SourceOptions, SynchronizationOptions } from './scenario.ts';
import { writePageCopy } from './served-page.ts';

const NTP_PORT = 123;
const PRECISION_LOG2 = -24;
const SLOT_OCTETS = 2048;
const PORT_FIRST = 32_768;
const PORTS = 28_000;

/** Drives the daemon's own coordinator and server core on a virtual machine, as the daemon's main thread does. */
export class DaemonAgent implements Agent {
  readonly coordinator: Coordinator;
  /** Events of level `warning` and `error`, and the reason for an exit, for tests that look inside. */
  readonly complaints: string[] = [];
  /** Set when the core asked for the end of the process; the machine then does nothing any more. */
  exited = false;
  readonly #host: Host;
  readonly #names: readonly string[];
  readonly #tokens = new Map<number, number>();
  readonly #ports = new Map<number, number>();
  readonly #stickyPorts = new Map<number, number>();
  readonly #server = new ServerSlot();

  constructor(host: Host) {
    this.#host = host;
    this.#names = host.options.source.map(({ address }) => address);
    this.coordinator = new Coordinator(optionsOf(host), {
      clock: host.clock,
      random: host.random,
      authenticator: () => null,
    });
    if (host.options.serves) this.coordinator.setOwnRefids([host.address.word]);
    this.advance(host.nowLocal());
  }

  get wakeLocal(): LocalSeconds {
    return this.exited ? Number.POSITIVE_INFINITY : this.coordinator.nextWakeLocal;
  }

  advance(nowLocal: LocalSeconds): void {
    if (this.exited) return;
    this.coordinator.advance(nowLocal);
    this.#drain(nowLocal);
  }

  receive({ from, fromPort, toPort, octets, atLocal }: Arrival, nowLocal: LocalSeconds): void {
    const token = this.#tokens.get(toPort);
    if (token === undefined || this.exited) return;
    this.coordinator.datagramReceived(nowLocal, token, octets, octets.length, atLocal, 'kernel', from.text, fromPort);
    this.#drain(nowLocal);
  }

  respond(request: Arrival, nowLocal: LocalSeconds): Uint8Array | null {
    if (!this.#host.options.serves || this.exited) return null;
    const { variables } = this.coordinator;
    writePageCopy(this.#server.copy, variables, nowLocal, PRECISION_LOG2);
    const served = request.atLocal + this.#offsetAt(request.atLocal);
    return this.#server.answer(request, this.#host.epoch, served);
  }

  slept(nowLocal: LocalSeconds, gapSeconds: number): void {
    if (this.exited) return;
    this.coordinator.timescaleBroken(nowLocal, gapSeconds);
    this.#drain(nowLocal);
  }

  clockStepped(nowLocal: LocalSeconds, deltaSeconds: number): void {
    if (this.exited) return;
    this.coordinator.clockStepped(nowLocal, deltaSeconds);
    this.#drain(nowLocal);
  }

  believe(nowLocal: LocalSeconds, out: Belief): void {
    const { variables } = this.coordinator;
    out.synchronised = !this.exited && variables.leap !== LEAP_UNKNOWN && variables.stratum < STRATUM_UNSYNCHRONISED;
    out.offsetSeconds = this.#offsetAt(nowLocal);
    out.frequency = variables.line.frequency;
    const grown = variables.dispersionRate * (nowLocal - variables.atLocal);
    out.maximumErrorSeconds = variables.rootDelaySeconds / 2 + variables.rootDispersionSeconds + grown;
    out.sigmaSeconds = this.coordinator.estimatedErrorAt(nowLocal);
  }

  #offsetAt(local: LocalSeconds): number {
    const { line } = this.coordinator.variables;
    return line.offsetSeconds + line.frequency * (local - line.atLocal);
  }

  #drain(nowLocal: LocalSeconds): void {
    for (let output = this.coordinator.takeOutput(); output !== undefined; output = this.coordinator.takeOutput()) {
      switch (output.kind) {
        case 'request':
          this.#send(output, nowLocal);
          break;
        case 'release': {
          const port = this.#ports.get(output.token);
          this.#ports.delete(output.token);
          if (port !== undefined) this.#tokens.delete(port);
          if (output.final) this.#stickyPorts.delete(output.associationId);
          break;
        }
        case 'resolve':
          this.#resolve(output.sourceIndex, nowLocal);
          break;
        case 'event':
          if (output.level === 'warning' || output.level === 'error') this.complaints.push(output.message);
          break;
        case 'exit':
          this.complaints.push(output.reason);
          this.exited = true;
          return;
      }
    }
  }

  #send(request: RequestOutput, nowLocal: LocalSeconds): void {
    const port = this.#portFor(request);
    this.#tokens.set(port, request.token);
    this.#ports.set(request.token, port);
    const octets = request.octets.subarray(0, request.length);
    const stamp = this.#host.send({ text: request.address }, port, octets);
    this.coordinator.requestSent(nowLocal, request.token, stamp, 'kernel');
  }

  #portFor({ sticky, associationId }: RequestOutput): number {
    const known = sticky ? this.#stickyPorts.get(associationId) : undefined;
    if (known !== undefined) return known;
    let port: number;
    do port = PORT_FIRST + Math.floor(PORTS * this.#host.random());
    while (this.#tokens.has(port));
    if (sticky) this.#stickyPorts.set(associationId, port);
    return port;
  }

  #resolve(sourceIndex: number, nowLocal: LocalSeconds): void {
    const found = this.#host.resolve(this.#names[sourceIndex] as string);
    if (found.length === 0) {
      this.coordinator.nameFailed(nowLocal, sourceIndex, 'no such name');
      return;
    }
    const isOurs = (text: string): boolean => this.#host.options.serves && text === this.#host.address.text;
    const addresses = found.map(({ text, word }): ResolvedAddress => ({ text, refid: word, isOurs: isOurs(text) }));
    this.coordinator.nameResolved(nowLocal, sourceIndex, addresses);
  }
}

/** The daemon on a virtual machine. */
export function daemonAgent(host: Host): DaemonAgent {
  return new DaemonAgent(host);
}

/** One slot of packet memory and the server core that answers in it. */
class ServerSlot {
  readonly copy: DataView = new DataView(new ArrayBuffer(COPY_WORDS * Int32Array.BYTES_PER_ELEMENT));
  readonly #octets = new Uint8Array(SLOT_OCTETS);
  readonly #table = new Int32Array(SLOT_WORDS);
  readonly #stamp: Timestamp = { seconds: 0, fraction: 0 };
  readonly #responder = new BatchResponder(
    {
      packets: new DataView(this.#octets.buffer),
      table: this.#table,
      copy: this.copy,
      txReport: new Int32Array(0),
      counters: new Float64Array(RESPONDER_COUNTERS),
    },
    [DEFAULT_POLICY],
  );

  /** @param servedSeconds - the served clock when the request came in, less `epoch`. */
  answer({ octets, fromPort }: Arrival, epoch: Timestamp, servedSeconds: number): Uint8Array | null {
    if (octets.length > SLOT_OCTETS) return null;
    this.#octets.set(octets);
    this.#table.fill(0);
    this.#table[SLOT_LENGTH] = octets.length;
    this.#table[SLOT_PORT] = fromPort;
    addSeconds(epoch.seconds, epoch.fraction, servedSeconds, this.#stamp);
    this.#table[SLOT_RX_SECONDS] = this.#stamp.seconds;
    this.#table[SLOT_RX_FRACTION] = this.#stamp.fraction;
    this.#responder.answer(1);
    const length = this.#table[SLOT_REPLY_LENGTH] as number;
    return length === 0 ? null : this.#octets.slice(0, length);
  }
}

function optionsOf({ options, epoch }: Host): CoordinatorOptions {
  return {
    sources: options.source.map(sourceOptions),
    synchronization: synchronizationOptions(options.synchronization),
    epoch,
    timescaleId: 'virtual',
    timescaleOriginSeconds: 0,
    precisionSeconds: 2 ** PRECISION_LOG2,
    drift: options.driftPpm === undefined ? null : { frequency: -options.driftPpm * 1e-6, sigma: 1e-6 },
    leapFile: null,
    history: null,
    logs: { measurements: false, statistics: false, tracking: false },
  };
}

function sourceOptions(source: SourceOptions): CoreSourceOptions {
  const pollLog2Min = source.pollMin ?? SOURCE_DEFAULTS.pollLog2Min;
  return {
    ...SOURCE_DEFAULTS,
    mode: source.mode,
    address: source.address,
    port: NTP_PORT,
    count: source.count ?? SOURCE_DEFAULTS.count,
    pollLog2Min,
    pollLog2Max: source.pollMax ?? Math.max(pollLog2Min, SOURCE_DEFAULTS.pollLog2Max),
    pollLog2Initial: source.pollInitial ?? pollLog2Min,
    offsetSeconds: source.offset ?? SOURCE_DEFAULTS.offsetSeconds,
    asymmetry: source.asymmetry ?? SOURCE_DEFAULTS.asymmetry,
    delaySecondsMax: source.maxDelay ?? SOURCE_DEFAULTS.delaySecondsMax,
    delaySecondsMin: source.minDelay ?? SOURCE_DEFAULTS.delaySecondsMin,
    interleaved: source.interleaved ?? SOURCE_DEFAULTS.interleaved,
    sourcePort: source.sourcePort ?? SOURCE_DEFAULTS.sourcePort,
    prefer: source.prefer ?? SOURCE_DEFAULTS.prefer,
    trust: source.trust ?? SOURCE_DEFAULTS.trust,
    require: source.require ?? SOURCE_DEFAULTS.require,
    noselect: source.noselect ?? SOURCE_DEFAULTS.noselect,
  };
}

function synchronizationOptions(given: SynchronizationOptions): CoreSynchronizationOptions {
  const defaults = SYNCHRONIZATION_DEFAULTS;
  const both = (seconds: number | undefined, fallback: CoreSynchronizationOptions['singleStepPanicThreshold']) =>
    seconds === undefined ? fallback : { forwardSeconds: seconds, backwardSeconds: seconds };
  return {
    ...defaults,
    minimumAgreeingSources: given.minimumAgreeingSources,
    startupStepPanicThreshold: both(given.startupStepPanicThreshold, defaults.startupStepPanicThreshold),
    singleStepPanicThreshold: both(given.singleStepPanicThreshold, defaults.singleStepPanicThreshold),
    accumulatedStepPanicThreshold: both(given.accumulatedStepPanicThreshold, defaults.accumulatedStepPanicThreshold),
    stepThresholdSeconds: given.stepThreshold ?? defaults.stepThresholdSeconds,
    slewRateMax: given.maxSlewRatePpm === undefined ? defaults.slewRateMax : given.maxSlewRatePpm * 1e-6,
    distanceSecondsMax: given.maxDistance ?? defaults.distanceSecondsMax,
    localStratum: given.localStratum ?? defaults.localStratum,
    localWaitSeconds: given.localWait ?? defaults.localWaitSeconds,
    leapMode: given.leapMode ?? 'step',
  };
}
