import { isDeepStrictEqual } from 'node:util';
import { warnings } from '../config/conflicts.ts';
import { controlPath } from '../config/control-path.ts';
import type { Config, ServerConfig } from '../config/schema.ts';
import type { LeapFile } from '../core/discipline/leap-file.ts';
import { SmearKeeper } from '../core/server/smear-keeper.ts';
import type { SymmetricKey } from '../core/server/symmetric-key.ts';
import type { TalkerReport } from '../core/server/top-talkers.ts';
import { OperatorError } from '../errors.ts';
import { type ClockFault, LocalTimescale } from '../native/local-timescale.ts';
import { describeRefid } from '../protocol/refid.ts';
import { programVersion } from '../version.ts';
import { hostAddresses } from '../workers/host-addresses.ts';
import { TimePage } from '../workers/time-page.ts';
import type { BackgroundReader } from './background-reader.ts';
import { ControlServer, type ControlTarget } from './control-server.ts';
import { CounterReporter } from './counter-report.ts';
import { checkDescriptors, countBound } from './descriptors.ts';
import { checkSourceKeys, type ReadKeys, readKeys } from './key-file-reader.ts';
import { loadLeapFile, readLeapFile } from './leap-file-reader.ts';
import { LeapMemory } from './leap-memory.ts';
import { poolListener } from './listener-config.ts';
import type { Logger } from './logger.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { LocalPublisher } from './publisher.ts';
import { type Change, describeChanges, logReload, NO_CHANGE } from './reload.ts';
import { HeartbeatWatch, ServiceManager } from './service-manager.ts';
import { Serving } from './serving.ts';
import type { Settings } from './settings.ts';
import type { DaemonStatus } from './status.ts';
import { Synchroniser } from './synchroniser.ts';
import { tune } from './tuning.ts';

/** Sections of the configuration that decide what time is served. */
const TIME_SECTIONS = ['source', 'sourceDefaults', 'synchronization', 'keys'] as const;
const REPORT_MS = 60_000;
/** The host's addresses are looked at so often. */
const ADDRESSES_MS = 5000;

/** The running daemon: what serves, what keeps the time that is served, and the logs. */
export class Daemon implements ControlTarget {
  private settings: Settings;
  private readonly reader: BackgroundReader;
  private readonly reloads: OneAtATime<readonly string[]> = new OneAtATime(() => logReload(this.log, this.reloadNow()));
  private readonly log: Logger;
  private readonly page: TimePage = new TimePage();
  private readonly onPanic: (reason: string) => void;
  private readonly keysAtStart: ReadKeys;
  private readonly leapMemory: LeapMemory;
  private readonly smear: SmearKeeper;
  private time: LocalPublisher | Synchroniser;
  private readonly serving: Serving;
  private readonly reporter: CounterReporter = new CounterReporter();
  private readonly manager: ServiceManager = new ServiceManager(process.env, process.pid);
  private readonly timers: NodeJS.Timeout[] = [];
  private control: ControlServer | null = null;
  private stopping = false;

  /**
   * @param reader - reads file and flags again, for a reload; closed when the daemon stops.
   * @param onPanic - asked for when the clock would have to be set further than the limits allow.
   * @throws OperatorError when the clock may not be set, or the key file cannot be read.
   */
  constructor(settings: Settings, log: Logger, reader: BackgroundReader, onPanic: (reason: string) => void) {
    this.settings = settings;
    this.reader = reader;
    this.log = log;
    this.onPanic = onPanic;
    const { config } = settings;
    this.leapMemory = new LeapMemory(config, readLeapFile(config.synchronization.leapFile, log), log);
    this.smear = new SmearKeeper(this.leapMemory);
    this.keysAtStart = readKeys(config.keys);
    this.time = this.timeFor(config, this.keysAtStart.keys, this.leapMemory.table);
    this.serving = new Serving(this.page, log);
  }

  /** What serves the time that a configuration asks for; not started yet. */
  private timeFor(
    config: Config,
    keys: readonly SymmetricKey[],
    leapFile: LeapFile | null,
  ): LocalPublisher | Synchroniser {
    const { page, log, onPanic, smear } = this;
    const { clock, localStratum, referenceId } = config.synchronization;
    if (!hasSynchroniser(config)) {
      const trustKernel = clock === 'none';
      return new LocalPublisher({ page, localStratum, referenceId, trustKernel, leapFile, smear, log });
    }
    const timescale = new LocalTimescale(clockFault(clock));
    return new Synchroniser({ config, page, keys, timescale, leapFile, smear, log, onPanic });
  }

  /**
   * Prepares to follow the sources of another configuration, as smoothly as the change allows: what is known is kept
   * unless the clock itself is another one.
   *
   * @returns how to go over to it, and how to leave everything as it was.
   * @throws OperatorError when it cannot be.
   */
  private prepareTime(before: Config, next: Config, keys: readonly SymmetricKey[]): Change {
    const { time } = this;
    const table = loadLeapFile(next.synchronization.leapFile);
    const isSameTable = isDeepStrictEqual(table, this.leapMemory.table);
    const isSame = TIME_SECTIONS.every((section) => isDeepStrictEqual(before[section], next[section]));
    checkSourceKeys(next, keys);
    if (isSame && isSameTable && (time instanceof LocalPublisher || time.usesSameKeys(keys))) return NO_CHANGE;
    const isSameClock = before.synchronization.clock === next.synchronization.clock;
    if (time instanceof Synchroniser && isSameClock && hasSynchroniser(next)) {
      return {
        apply: () => {
          this.leapMemory.use(next, table);
          time.reconfigure(next, keys, table);
        },
        abandon: () => {},
      };
    }
    const replacement = this.timeFor(next, keys, table);
    return {
      apply: () => {
        time.stop();
        this.leapMemory.use(next, table);
        this.time = replacement;
        replacement.start();
      },
      abandon: () => replacement.stop(),
    };
  }

  /**
   * Opens the listeners and serves; resolves early when it is stopped meanwhile.
   *
   * @throws OperatorError when a listener cannot be opened; nothing stays open or goes on then.
   */
  async start(): Promise<void> {
    try {
      await this.begin();
    } catch (cause) {
      await this.stop();
      throw cause;
    }
  }

  private async begin(): Promise<void> {
    const { config, workers } = this.settings;
    const { keys, warnings: doubts } = this.keysAtStart;
    for (const warning of [...warnings(config), ...doubts]) this.log.warn(warning);
    const listeners = config.server.map(poolListener);
    checkDescriptors(workers, countBound(listeners, hostAddresses(), workers));
    tune(config.workers);
    this.time.start();
    this.serving.open(this.settings, listeners, keys);
    await this.serving.ready();
    if (!this.stopping) this.reader.start();
    await this.openControl();
    if (this.stopping) return;
    this.timers.push(setInterval(() => this.report(), REPORT_MS));
    this.timers.push(setInterval(() => void this.serving.followAddresses(), ADDRESSES_MS));
    this.announce();
    this.manager.ready('serving');
    this.feedWatchdog();
  }

  /** Lets the workers finish what they have, then closes everything; also while it is still starting. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.manager.stopping();
    await this.reader.close();
    await this.control?.stop();
    await this.serving.stop();
    this.time.stop();
    for (const timer of this.timers) clearInterval(timer);
  }

  status(): DaemonStatus {
    const { leap, stratum, refid, rootDelaySeconds, rootDispersionSeconds, precisionLog2 } = this.time.published;
    return {
      version: programVersion(),
      pid: process.pid,
      uptimeSeconds: process.uptime(),
      served: {
        leap,
        stratum,
        refid: describeRefid(refid, stratum),
        rootDelaySeconds,
        rootDispersionSeconds,
        precisionLog2,
      },
      server: {
        listeners: this.serving.listens(),
        workers: this.serving.workers,
        workersLost: this.serving.workersLost,
        counters: this.serving.counters(),
      },
      synchronization: this.time instanceof Synchroniser ? this.time.status() : null,
    };
  }

  clients(limit: number): TalkerReport {
    return this.serving.talkers(limit);
  }

  forceSync(): string {
    return this.synchroniser().forceSync();
  }

  setOnline(online: boolean, source: string | null): number {
    return this.synchroniser().setOnline(online, source);
  }

  refreshSources(source: string | null): number {
    return this.synchroniser().refreshSources(source);
  }

  /**
   * Reads the configuration again: listeners, lists, limits, keys and sources change while requests are answered, and
   * listeners that stay lose none. What else differs is named, to be restarted for.
   */
  reload(): Promise<readonly string[]> {
    return this.reloads.run();
  }

  fault(error: unknown): void {
    this.log.error({ err: error }, 'a fault of the program itself, in what the control socket asked for');
  }

  private async reloadNow(): Promise<readonly string[]> {
    // Whatever becomes of the rest: who has renamed the logs waits for that.
    if (this.time instanceof Synchroniser) this.time.reopenLogs();
    const { settings: next, listeners, keys, warnings: doubts } = await this.reader.read();
    const before = this.settings;
    const workers = this.serving.workers || next.workers;
    checkDescriptors(workers, countBound(listeners, hostAddresses(), workers));
    // The workers begin with the first listener, by these settings: nothing has asked yet whether they may.
    const isFirst = this.serving.workers === 0 && listeners.length > 0;
    if (isFirst) tune(next.config.workers);
    const time = this.prepareTime(before.config, next.config, keys);
    try {
      await this.serving.goOver(next, listeners, keys);
    } catch (cause) {
      time.abandon();
      throw cause;
    }
    time.apply();
    this.settings = next;
    for (const doubt of doubts) this.log.warn(doubt);
    this.serving.warnOfShortQueues();
    return describeChanges(before, next, isFirst);
  }

  private synchroniser(): Synchroniser {
    if (this.time instanceof Synchroniser) return this.time;
    throw new OperatorError('control-refused', 'no source is configured; add a [[source]] and reload');
  }

  /** A daemon without its control socket is still a daemon: that it has none is said, and why. */
  private async openControl(): Promise<void> {
    const { observability } = this.settings.config;
    const path = controlPath(observability);
    if (this.stopping) return;
    if (path === null) {
      this.log.info('no control socket: there is no place for one; set observation-path');
      return;
    }
    const control = new ControlServer(path, this);
    try {
      await control.start(observability.observationPermissions);
      if (this.stopping) await control.stop();
      else this.control = control;
    } catch (cause) {
      this.log.warn(`no control socket at ${path}: ${(cause as Error).message}; see observation-path`);
    }
  }

  /** The coordinator moves, or this would not run; the workers are asked for their heartbeats. */
  private feedWatchdog(): void {
    const { manager } = this;
    if (manager.watchdogMs === null) return;
    const watch = new HeartbeatWatch();
    const feed = (): void => {
      if (watch.alive(this.serving.heartbeats(), performance.now())) manager.alive();
    };
    this.timers.push(setInterval(feed, manager.watchdogMs));
  }

  private announce(): void {
    const { config, tryOut } = this.settings;
    this.serving.announce(config, tryOut);
    const { leap, stratum } = this.time.published;
    const { clock } = config.synchronization;
    this.log.info({ workers: this.serving.workers, clock, leap, stratum }, describeTime(config.source.length, stratum));
    if (tryOut) {
      const { port } = (config.server[0] as ServerConfig).listen;
      this.log.info(`try it: ntpd-ts query 127.0.0.1:${port}`);
    }
  }

  private report(): void {
    const counters = this.serving.counters();
    if (counters === null) return;
    for (const { message, ...fields } of this.reporter.report(counters)) this.log.warn(fields, message);
  }
}

function describeTime(sources: number, stratum: number): string {
  if (sources > 0) return `following ${sources} configured ${sources === 1 ? 'source' : 'sources'}`;
  return stratum < 16
    ? `the local clock is served at stratum ${stratum}`
    : 'the local clock is served as unsynchronised: there is no source, no local-stratum, and the kernel does not vouch for it';
}

/** Without sources the local clock is served as it is; one of our own is kept all the same. */
function hasSynchroniser(config: Config): boolean {
  return config.source.length > 0 || config.synchronization.clock === 'software';
}

/** A clock that is wrong on purpose, for tests: NTPD_TS_CLOCK_FAULT="SECONDS PPM", with the software clock only. */
function clockFault(clock: string): ClockFault | undefined {
  const [offsetSeconds = 0, ppm = 0] = (process.env['NTPD_TS_CLOCK_FAULT'] ?? '').split(' ').map(Number);
  return clock === 'software' ? { offsetSeconds, frequency: ppm * 1e-6 } : undefined;
}
