import { randomBytes } from 'node:crypto';
import type { Endpoint } from '../config/kinds.ts';
import type { Config } from '../config/schema.ts';
import { Coordinator } from '../core/coordinator.ts';
import type { EventOutput, Output, ResolveOutput } from '../core/coordinator-output.ts';
import type { ClockPort } from '../core/ports.ts';
import type { CoordinatorStatus } from '../core/status.ts';
import { ClientSockets } from '../native/client-socket.ts';
import { clockPrecisionLog2 } from '../native/clock-sample.ts';
import { KernelClock } from '../native/kernel-clock.ts';
import type { LocalTimescale } from '../native/local-timescale.ts';
import type { TimePage, TimePublication } from '../workers/time-page.ts';
import { openClock } from './clock/open-clock.ts';
import { ClockWatch } from './clock-watch.ts';
import { sourceOptions, synchronizationOptions } from './coordinator-config.ts';
import { Exchanges } from './exchanges.ts';
import { readLeapFile } from './leap-file-reader.ts';
import { LinePublisher } from './line-publisher.ts';
import type { Logger } from './logger.ts';
import { ownRefids, resolvedAddress } from './own-addresses.ts';
import { RecordLogs } from './record-log.ts';
import { resolveName } from './resolver.ts';
import { StateStore } from './state-store.ts';

const PUBLISH_MS = 250;
const OWN_ADDRESSES_MS = 60_000;
const SAVE_MS = 3_600_000;
const MEDDLING_MS = 60_000;
/** The longest timer; the coordinator is merely asked again. */
const WAKE_MS_MAX = 60_000;

export interface SynchroniserOptions {
  readonly config: Config;
  readonly page: TimePage;
  readonly timescale: LocalTimescale;
  readonly log: Logger;
  /** Asked for when the clock would have to be set further than the limits allow. */
  readonly onPanic: (reason: string) => void;
}

/** Drives the coordinator with sockets, names, the clock and timers, and serves what it believes. */
export class Synchroniser {
  readonly coordinator: Coordinator;
  private readonly options: SynchroniserOptions;
  private readonly log: Logger;
  private readonly timescale: LocalTimescale;
  private readonly clock: ClockPort;
  private readonly watch: ClockWatch;
  private readonly sockets: ClientSockets;
  private readonly exchanges: Exchanges;
  private readonly publisher: LinePublisher;
  private readonly store: StateStore;
  private readonly records: RecordLogs;
  private readonly listeners: readonly Endpoint[];
  private readonly timers: NodeJS.Timeout[] = [];
  private wakeTimer: NodeJS.Timeout | null = null;
  private ownSteps = 0;
  private rateChanges = 0;
  private generation = -1;
  private stopped = false;

  /** @throws OperatorError when the clock may not be set. */
  constructor(options: SynchroniserOptions) {
    const { config, timescale, log } = options;
    this.options = options;
    this.log = log;
    this.timescale = timescale;
    this.listeners = config.server.map((server) => server.listen);
    this.store = new StateStore(driftFile(config), log);
    this.clock = openClock(config.synchronization.clock, timescale);
    if (this.clock instanceof KernelClock) log.info(this.clock.found, 'the system clock as it was found');
    this.watch = new ClockWatch(timescale);
    const { measurementsLog, statisticsLog, trackingLog } = config.synchronization;
    this.records = new RecordLogs(
      { measurement: measurementsLog, statistics: statisticsLog, tracking: trackingLog },
      log,
    );
    this.coordinator = new Coordinator(
      {
        sources: sourceOptions(config),
        synchronization: synchronizationOptions(config),
        epoch: timescale.epoch,
        timescaleId: timescale.bootId,
        timescaleOriginSeconds: timescale.originSeconds,
        precisionSeconds: 2 ** clockPrecisionLog2(),
        drift: this.store.readDrift(),
        leapFile: readLeapFile(config.synchronization.leapFile, log),
        history: this.store.readHistory(),
        logs: {
          measurements: measurementsLog !== null,
          statistics: statisticsLog !== null,
          tracking: trackingLog !== null,
        },
      },
      { clock: this.clock, random: randomUniform, authenticator: () => null },
    );
    this.coordinator.setOwnRefids(ownRefids());
    this.sockets = new ClientSockets(timescale);
    this.exchanges = new Exchanges(this.sockets, timescale, this.coordinator, () => this.settle());
    this.publisher = new LinePublisher(options.page, timescale);
  }

  get published(): Readonly<TimePublication> {
    return this.publisher.published;
  }

  /** Publishes for the first time and begins to ask. */
  start(): void {
    this.advance();
    this.timers.push(
      setInterval(() => this.look(), PUBLISH_MS),
      setInterval(() => this.coordinator.setOwnRefids(ownRefids()), OWN_ADDRESSES_MS),
      setInterval(() => this.save(), SAVE_MS),
      setInterval(() => this.lookForMeddling(), MEDDLING_MS),
    );
  }

  /** Ends all exchanges, saves what is known and leaves the clock as it runs best. */
  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    for (const timer of this.timers) clearInterval(timer);
    if (this.wakeTimer !== null) clearTimeout(this.wakeTimer);
    this.sockets.dispose();
    this.save();
    this.records.reopen();
    if (this.clock instanceof KernelClock) this.clock.release();
  }

  status(): CoordinatorStatus {
    return this.coordinator.status(this.timescale.sample());
  }

  /** Steps the clock to the best estimate, as the operator asked. @returns what was done. */
  forceSync(): string {
    const done = this.coordinator.forceSync(this.timescale.sample());
    this.settle();
    return done;
  }

  /** Switches polling on or off, for all sources or those whose configured address is `name`. @returns how many. */
  setOnline(online: boolean, name: string | null): number {
    const { source } = this.options.config;
    const indices = source.flatMap(({ address }, index) => (name === null || address.host === name ? [index] : []));
    for (const index of indices) this.coordinator.setOnline(this.timescale.sample(), online, index);
    this.settle();
    return indices.length;
  }

  refreshSources(): void {
    this.coordinator.refreshSources(this.timescale.sample());
    this.settle();
  }

  /** Log files are opened anew, by name. */
  reopenLogs(): void {
    this.records.reopen();
  }

  /** A few times a second: what others did to the clocks, what is due, and a new publication. */
  private look(): void {
    const now = this.timescale.sample();
    const { clock } = this;
    const kernel = clock instanceof KernelClock ? clock : null;
    const stepped = kernel === null ? 0 : kernel.steppedSeconds - this.ownSteps;
    this.ownSteps += stepped;
    const events = this.watch.look(stepped, kernel?.isLeapArmed ?? false);
    if (events.suspendedSeconds > 0) this.coordinator.timescaleBroken(now, events.suspendedSeconds);
    const isOurs = this.options.config.synchronization.clock !== 'software';
    if (events.foreignStepSeconds !== 0 && isOurs) this.coordinator.clockStepped(now, events.foreignStepSeconds);
    this.advance();
  }

  private advance(): void {
    const now = this.timescale.sample();
    if (this.clock instanceof KernelClock) this.clock.advance(now);
    this.coordinator.advance(now);
    this.settle();
    this.publish();
  }

  /** After every input: does what the coordinator asks, serves what changed, sleeps until the next deadline. */
  private settle(): void {
    if (this.stopped) return;
    for (let output = this.coordinator.takeOutput(); output !== undefined; output = this.coordinator.takeOutput()) {
      this.perform(output);
    }
    if (this.coordinator.variables.generation !== this.generation) this.publish();
    this.scheduleWake();
  }

  /** Publishes; a rate of the system clock that we have just set need not be measured. */
  private publish(): void {
    const { clock } = this;
    const { variables } = this.coordinator;
    this.generation = variables.generation;
    const changed = clock instanceof KernelClock && clock.rateChanges !== this.rateChanges;
    if (changed) this.rateChanges = clock.rateChanges;
    this.publisher.publish(variables, changed ? this.timescale.rate * clock.localPerClock : null);
  }

  private perform(output: Output): void {
    switch (output.kind) {
      case 'request':
        this.exchanges.send(output);
        return;
      case 'release':
        this.exchanges.release(output);
        return;
      case 'resolve':
        void this.resolve(output);
        return;
      case 'event':
        this.report(output);
        return;
      case 'exit':
        this.options.onPanic(output.reason);
        return;
      default:
        this.records.write(output, new Date().toISOString());
    }
  }

  private async resolve({ sourceIndex, name }: ResolveOutput): Promise<void> {
    const resolution = await resolveName(name);
    if (this.stopped) return;
    const now = this.timescale.sample();
    const port = this.options.config.source[sourceIndex]?.address.port ?? 0;
    if ('reason' in resolution) this.coordinator.nameFailed(now, sourceIndex, resolution.reason);
    else {
      const addresses = resolution.addresses.map((text) => resolvedAddress(text, port, this.listeners));
      this.coordinator.nameResolved(now, sourceIndex, addresses);
    }
    this.settle();
  }

  private report({ level, code, message, source }: EventOutput): void {
    if (code === 'history-changed') this.saveHistory();
    const fields = source === null ? { event: code } : { event: code, source };
    this.log[level === 'warning' ? 'warn' : level](fields, message);
  }

  private scheduleWake(): void {
    if (this.wakeTimer !== null) clearTimeout(this.wakeTimer);
    const change = this.clock instanceof KernelClock ? this.clock.nextChangeLocal : Number.POSITIVE_INFINITY;
    const waitSeconds = Math.min(this.coordinator.nextWakeLocal, change) - this.timescale.sample();
    const waitMs = Math.max(0, Math.min(WAKE_MS_MAX, Math.ceil(waitSeconds * 1000)));
    this.wakeTimer = setTimeout(() => this.advance(), waitMs);
  }

  private lookForMeddling(): void {
    if (!(this.clock instanceof KernelClock) || !this.clock.isMeddledWith()) return;
    this.log.warn('another program has changed the frequency of the system clock: is a second time daemon running?');
  }

  private save(): void {
    const drift = this.coordinator.drift();
    if (drift !== null) this.store.writeDrift(drift);
    this.saveHistory();
  }

  private saveHistory(): void {
    this.store.writeHistory(this.coordinator.saveHistory(this.timescale.sample()));
  }
}

function driftFile(config: Config): string | null {
  const folder = process.env['STATE_DIRECTORY']?.split(':')[0];
  return config.synchronization.driftFile ?? (folder ? `${folder}/drift` : null);
}

/** Uniform in [0, 1) with 48 bits from the system's generator. */
function randomUniform(): number {
  return randomBytes(6).readUIntBE(0, 6) / 2 ** 48;
}
