import { randomBytes } from 'node:crypto';
import type { Config, SourceConfig } from '../config/schema.ts';
import { Coordinator } from '../core/coordinator.ts';
import type { CarriedClock } from '../core/coordinator-options.ts';
import type { EventOutput, Output, ResolveOutput } from '../core/coordinator-output.ts';
import type { LeapFile } from '../core/discipline/leap-file.ts';
import type { ClockPort, LocalSeconds } from '../core/ports.ts';
import type { SavedHistory } from '../core/saved-history.ts';
import type { SmearKeeper } from '../core/server/smear-keeper.ts';
import { isSameKey, type SymmetricKey } from '../core/server/symmetric-key.ts';
import type { CoordinatorStatus } from '../core/status.ts';
import type { SystemVariables } from '../core/system-variables.ts';
import { ClientSockets } from '../native/client-socket.ts';
import { clockPrecisionLog2 } from '../native/clock-sample.ts';
import { KernelClock } from '../native/kernel-clock.ts';
import type { LocalTimescale } from '../native/local-timescale.ts';
import { describeNetworkError } from '../native/network-error.ts';
import { LEAP_UNKNOWN, STRATUM_UNSYNCHRONISED } from '../protocol/header.ts';
import type { TimePage, TimePublication } from '../workers/time-page.ts';
import { openClock } from './clock/open-clock.ts';
import { ClockWatch } from './clock-watch.ts';
import { sourceOptions, synchronizationOptions } from './coordinator-config.ts';
import type { Drift } from './drift-file.ts';
import { Exchanges } from './exchanges.ts';
import { KeyAuthenticator } from './key-authenticator.ts';
import { checkSourceKeys } from './key-file-reader.ts';
import { driftFile } from './leap-memory.ts';
import { LinePublisher } from './line-publisher.ts';
import type { Logger } from './logger.ts';
import { ownRefids, resolvedAddress } from './own-addresses.ts';
import { RecordLogs } from './record-log.ts';
import { resolveName } from './resolver.ts';
import { sourceIndices } from './source-indices.ts';
import { StateStore } from './state-store.ts';

const PUBLISH_MS = 250;
const OWN_ADDRESSES_MS = 60_000;
const SAVE_MS = 3_600_000;
const MEDDLING_MS = 60_000;
/** A new coordinator has selected by then, if it can. */
const BRIDGE_SECONDS = 20;
const NOTHING_KEPT =
  'neither the frequency nor the state of the sources is kept over a restart: there is no drift-file and no $STATE_DIRECTORY';
/** The longest timer; the coordinator is merely asked again. */
const WAKE_MS_MAX = 60_000;

export interface SynchroniserOptions {
  readonly config: Config;
  readonly page: TimePage;
  readonly keys: readonly SymmetricKey[];
  readonly timescale: LocalTimescale;
  /** The leap-seconds.list, if there is one. */
  readonly leapFile: LeapFile | null;
  /** Outlives the synchroniser. */
  readonly smear: SmearKeeper;
  readonly log: Logger;
  /** Asked for when the clock would have to be set further than the limits allow. */
  readonly onPanic: (reason: string) => void;
}

/** What is served while a new coordinator has not selected yet: what the one before it believed. */
interface Bridge {
  readonly variables: SystemVariables;
  readonly untilLocal: LocalSeconds;
}

/** Drives the coordinator with sockets, names, the clock and timers, and serves what it believes. */
export class Synchroniser {
  private readonly options: SynchroniserOptions;
  private readonly log: Logger;
  private readonly timescale: LocalTimescale;
  private readonly clock: ClockPort;
  private readonly watch: ClockWatch;
  private readonly sockets: ClientSockets;
  private readonly publisher: LinePublisher;
  private readonly timers: NodeJS.Timeout[] = [];
  /** Configured addresses that the operator has switched off, also over reloads. */
  private readonly offline: Set<string> = new Set();
  private config: Config;
  private leapFile: LeapFile | null;
  private keys: ReadonlyMap<number, SymmetricKey>;
  private store: StateStore;
  private records: RecordLogs;
  private coordinator: Coordinator;
  private exchanges: Exchanges;
  private bridge: Bridge | null = null;
  private wakeTimer: NodeJS.Timeout | null = null;
  private ownSteps = 0;
  private rateChanges = 0;
  private generation = -1;
  private stopped = false;

  /** @throws OperatorError when the clock may not be set, or a source has a key that is not there. */
  constructor(options: SynchroniserOptions) {
    const { config, timescale, log } = options;
    this.options = options;
    this.log = log;
    this.timescale = timescale;
    this.config = config;
    this.leapFile = options.leapFile;
    checkSourceKeys(config, options.keys);
    this.keys = keysById(options.keys);
    this.clock = openClock(config.synchronization.clock, timescale);
    if (this.clock instanceof KernelClock) log.info(this.clock.found, 'the system clock as it was found');
    this.watch = new ClockWatch(timescale);
    this.sockets = new ClientSockets(timescale);
    this.publisher = new LinePublisher(options.page, timescale, options.smear);
    this.store = new StateStore(driftFile(config), log);
    if (driftFile(config) === null) log.info(NOTHING_KEPT);
    this.records = recordLogs(config, log);
    this.coordinator = this.newCoordinator(this.store.readDrift(), this.store.readHistory());
    this.exchanges = this.newExchanges();
  }

  /**
   * Follows other sources, or the same ones by other settings, from now on. What is known of the clock and of the
   * sources that stay is kept; until the first selection the old truth is served on.
   *
   * @param keys - have been checked by `checkSourceKeys`.
   */
  reconfigure(config: Config, keys: readonly SymmetricKey[], leapFile: LeapFile | null): void {
    this.leapFile = leapFile;
    this.keys = keysById(keys);
    const now = this.timescale.sample();
    const { variables, carried } = this.coordinator;
    const drift = this.coordinator.drift();
    const history = this.coordinator.saveHistory(now);
    this.bridge = { variables: structuredClone(variables), untilLocal: now + BRIDGE_SECONDS };
    this.exchanges.close();
    this.records.reopen();
    this.config = config;
    this.store = new StateStore(driftFile(config), this.log);
    this.records = recordLogs(config, this.log);
    this.coordinator = this.newCoordinator(drift, history, carried);
    this.exchanges = this.newExchanges();
    this.advance();
  }

  /** Whether the sources would be asked by the same keys, of these. */
  usesSameKeys(keys: readonly SymmetricKey[]): boolean {
    const next = keysById(keys);
    return this.config.source.every(({ key }) => key === null || isSameKey(this.keys.get(key), next.get(key)));
  }

  private newCoordinator(drift: Drift | null, history: SavedHistory | null, before?: CarriedClock): Coordinator {
    const { config, timescale } = this;
    const { measurementsLog, statisticsLog, trackingLog } = config.synchronization;
    const coordinator = new Coordinator(
      {
        sources: sourceOptions(config),
        synchronization: synchronizationOptions(config),
        epoch: timescale.epoch,
        timescaleId: timescale.bootId,
        timescaleOriginSeconds: timescale.originSeconds,
        precisionSeconds: 2 ** clockPrecisionLog2(),
        drift,
        leapFile: this.leapFile,
        history,
        ...(before === undefined ? {} : { before }),
        logs: {
          measurements: measurementsLog !== null,
          statistics: statisticsLog !== null,
          tracking: trackingLog !== null,
        },
      },
      {
        clock: this.clock,
        random: randomUniform,
        authenticator: (sourceIndex) => {
          const key = this.keys.get(config.source[sourceIndex]?.key ?? 0);
          return key === undefined ? null : new KeyAuthenticator(key);
        },
      },
    );
    coordinator.setOwnRefids(ownRefids());
    for (const [index, { address }] of config.source.entries()) {
      if (this.offline.has(address.host)) coordinator.setOnline(timescale.sample(), false, index);
    }
    return coordinator;
  }

  private newExchanges(): Exchanges {
    const { sockets, timescale, coordinator, log } = this;
    const onRefused = (address: string, code: string): void =>
      log.warn({ source: address }, `${address} cannot be asked: ${describeNetworkError(code)}`);
    return new Exchanges(sockets, timescale, coordinator, () => this.settle(), onRefused);
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

  /**
   * Switches polling on or off, for all sources or those whose configured address is `name`.
   *
   * @returns how many.
   * @throws OperatorError when none is configured so.
   */
  setOnline(online: boolean, name: string | null): number {
    const indices = sourceIndices(this.config.source, name);
    for (const index of indices) {
      const { host } = (this.config.source[index] as SourceConfig).address;
      if (online) this.offline.delete(host);
      else this.offline.add(host);
      this.coordinator.setOnline(this.timescale.sample(), online, index);
    }
    this.settle();
    return indices.length;
  }

  /** Looks up names again, likewise. */
  refreshSources(name: string | null): number {
    const indices = sourceIndices(this.config.source, name);
    for (const index of indices) this.coordinator.refreshSources(this.timescale.sample(), index);
    this.settle();
    return indices.length;
  }

  /** Log files are opened anew, by name: they may have been renamed. */
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
    const isOurs = this.config.synchronization.clock !== 'software';
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
    const served = this.bridge === null ? variables : this.bridged(this.bridge, variables);
    this.publisher.publish(served, changed ? this.timescale.rate * clock.localPerClock : null);
  }

  /** The old truth until there is a new one, or until it has been waited for long enough. */
  private bridged(bridge: Bridge, variables: Readonly<SystemVariables>): Readonly<SystemVariables> {
    const isOver = variables.stratum < STRATUM_UNSYNCHRONISED || this.timescale.sample() >= bridge.untilLocal;
    if (!isOver) return this.withLeap(bridge.variables, variables);
    this.bridge = null;
    return variables;
  }

  /** The old truth with what the new coordinator, which does not show the time yet, has done about leap seconds. */
  private withLeap(old: SystemVariables, { leapEventSeconds, leapSign }: Readonly<SystemVariables>): SystemVariables {
    const { leapShiftSeconds } = this.coordinator;
    const line = { ...old.line, offsetSeconds: old.line.offsetSeconds + leapShiftSeconds };
    const leap = old.leap === LEAP_UNKNOWN ? LEAP_UNKNOWN : this.coordinator.leapIndicatorAt(this.timescale.sample());
    return { ...old, line, leap, leapEventSeconds, leapSign };
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
    const { coordinator } = this;
    const resolution = await resolveName(name);
    if (this.stopped || coordinator !== this.coordinator) return;
    const now = this.timescale.sample();
    const port = this.config.source[sourceIndex]?.address.port ?? 0;
    if ('reason' in resolution) coordinator.nameFailed(now, sourceIndex, resolution.reason);
    else {
      const listeners = this.config.server.map((server) => server.listen);
      const addresses = resolution.addresses.map((text) => resolvedAddress(text, port, listeners));
      coordinator.nameResolved(now, sourceIndex, addresses);
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

function keysById(keys: readonly SymmetricKey[]): ReadonlyMap<number, SymmetricKey> {
  return new Map(keys.map((key) => [key.id, key]));
}

function recordLogs(config: Config, log: Logger): RecordLogs {
  const { measurementsLog, statisticsLog, trackingLog } = config.synchronization;
  return new RecordLogs({ measurement: measurementsLog, statistics: statisticsLog, tracking: trackingLog }, log);
}

/** Uniform in [0, 1) with 48 bits from the system's generator. */
function randomUniform(): number {
  return randomBytes(6).readUIntBE(0, 6) / 2 ** 48;
}
