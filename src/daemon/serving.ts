import { formatEndpoint } from '../config/conflicts.ts';
import type { Config } from '../config/schema.ts';
import type { SymmetricKey } from '../core/server/symmetric-key.ts';
import type { TalkerReport } from '../core/server/top-talkers.ts';
import { OperatorError } from '../errors.ts';
import type { ServerCounters } from '../workers/counters.ts';
import { HardwareClocks } from '../workers/hardware-clocks.ts';
import type { PoolListener } from '../workers/open-listeners.ts';
import { ServerPool } from '../workers/pool.ts';
import type { TimePage } from '../workers/time-page.ts';
import { describeInterleavedStore, interleavedCapacityLog2 } from './interleaved-store.ts';
import { listenerError } from './listen-error.ts';
import { refuseHardwareStamps, shortQueueWarning } from './listener-config.ts';
import type { Logger } from './logger.ts';
import type { Settings } from './settings.ts';

/** Cards' clocks are read so often. */
const HARDWARE_POLL_MS = 1000;

/** The listeners and the workers that answer there, as configured, and the cards' clocks that they need. */
export class Serving {
  private readonly page: TimePage;
  private readonly log: Logger;
  private pool: ServerPool | null = null;
  private hardware: HardwareClocks | null = null;
  private hardwareTimer: NodeJS.Timeout | undefined;

  /** @param page - where the time that is served is published. */
  constructor(page: TimePage, log: Logger) {
    this.page = page;
    this.log = log;
  }

  /** Threads that serve; 0 without listeners. */
  get workers(): number {
    return this.pool?.threadIds().length ?? 0;
  }

  /** Workers that ended without being asked to. */
  get workersLost(): number {
    return this.pool?.workersLost ?? 0;
  }

  /** The sum over all workers; null without listeners. */
  counters(): ServerCounters | null {
    return this.pool?.counters() ?? null;
  }

  /** What each worker last showed of being alive. */
  heartbeats(): number[] {
    return this.pool?.workerCounters().map(({ heartbeat }) => heartbeat) ?? [];
  }

  /** The sources that ask most, and the prefixes. */
  talkers(limit: number): TalkerReport {
    const [monoSeconds] = process.hrtime();
    return this.pool?.talkers(monoSeconds, limit) ?? { addresses: [], prefixes: [] };
  }

  /** The addresses that are served, as they came to stand. */
  listens(): string[] {
    return this.pool?.listeners.map(formatEndpoint) ?? [];
  }

  /**
   * Opens the listeners, if there are any, and starts what answers there.
   *
   * @param listeners - of config.server, their lists compiled.
   * @throws OperatorError when one cannot be opened; nothing stays open then.
   */
  open({ config, workers }: Settings, listeners: readonly PoolListener[], keys: readonly SymmetricKey[]): void {
    if (config.server.length === 0) return;
    if (config.server.some((server) => server.timestamping === 'hardware')) this.openHardware();
    try {
      this.pool = new ServerPool({
        listeners,
        keys,
        interleavedCapacityLog2: interleavedCapacityLog2(config.workers),
        workers,
        page: this.page,
        ...(this.hardware === null ? {} : { phcPage: this.hardware.page }),
        cpuAffinity: config.workers.cpuAffinity,
        correctTransmit: config.workers.correctTransmit,
        lockMemory: config.workers.lockMemory,
        ...(config.workers.priority > 0 ? { priority: config.workers.priority } : {}),
        onAddressRefused: (address, error) =>
          this.log.debug(`${address} has no sockets of its own, the wildcard serves it: ${(error as Error).message}`),
        onWorkerLost: (worker, error) => this.log.error({ worker, err: error }, 'a worker was lost and is replaced'),
      });
    } catch (cause) {
      this.closeHardware();
      throw cause instanceof OperatorError ? cause : listenerError(config.server, cause);
    }
  }

  /** Resolves when every worker serves. */
  async ready(): Promise<void> {
    await this.pool?.ready();
  }

  /**
   * Serves as another configuration says; listeners that stay lose nothing.
   *
   * @throws OperatorError when it cannot be; nothing has changed then.
   */
  async goOver(next: Settings, listeners: readonly PoolListener[], keys: readonly SymmetricKey[]): Promise<void> {
    if (this.pool === null) return this.open(next, listeners, keys);
    if (this.hardware === null) refuseHardwareStamps(next.config.server);
    try {
      await this.pool.reconfigure(listeners, keys);
    } catch (cause) {
      throw listenerError(next.config.server, cause);
    }
  }

  /** Wildcard listeners have sockets of their own for the host's addresses, which come and go. */
  async followAddresses(): Promise<void> {
    if (this.pool === null || !(await this.pool.followAddresses())) return;
    for (const bound of this.pool.listeners) {
      const { addresses } = bound;
      this.log.debug({ listen: formatEndpoint(bound), addresses }, 'addresses with sockets of their own');
    }
  }

  /** Says in the log where and how it serves. @param tryOut - whether nobody has configured anything. */
  announce(config: Config, tryOut: boolean): void {
    for (const bound of this.pool?.listeners ?? []) {
      const { stamps, receiveBufferOctets, addresses } = bound;
      const ownSockets = addresses.length === 0 ? {} : { addresses: addresses.length };
      this.log.info({ listen: formatEndpoint(bound), stamps, receiveBufferOctets, ...ownSockets }, 'serving');
    }
    if (!tryOut) this.warnOfShortQueues();
    if (config.server.some(({ interleaved }) => interleaved)) {
      this.log.info(describeInterleavedStore(interleavedCapacityLog2(config.workers), this.workers));
    }
    if (!tryOut) this.announceShedding(config);
  }

  /** Says which receive queues are shorter than they were to be. */
  warnOfShortQueues(): void {
    for (const bound of this.pool?.listeners ?? []) {
      const warning = shortQueueWarning(formatEndpoint(bound), bound);
      if (warning !== null) this.log.warn(warning);
    }
  }

  /** Lets the workers finish what they have, then closes everything. */
  async stop(): Promise<void> {
    await this.pool?.stop();
    this.closeHardware();
  }

  /** Network cards' stamps, where listeners ask for them; which card serves, and why another does not, is said. */
  private openHardware(): void {
    const hardware = new HardwareClocks();
    for (const { interface: name, reason } of hardware.reports) {
      if (reason === null) this.log.info(`hardware stamps of ${name} are used`);
      else this.log.warn(`the kernel's stamps serve on ${name}: ${reason}`);
    }
    if (hardware.reports.length === 0) this.log.warn("no interface has a card; the kernel's stamps serve");
    hardware.poll();
    this.hardwareTimer = setInterval(() => hardware.poll(), HARDWARE_POLL_MS);
    this.hardware = hardware;
  }

  private closeHardware(): void {
    clearInterval(this.hardwareTimer);
    this.hardware?.close();
    this.hardware = null;
  }

  /** What overload will be like, where a listener wants unknown clients to wait in it. */
  private announceShedding(config: Config): void {
    const { pool } = this;
    const wanted = config.server.some((server) => server.overload === 'shed-unknown' && server.rateLimiting);
    if (pool === null || !wanted) return;
    const fault = pool.sheddingFault;
    if (fault === null) this.log.info('in overload clients in good standing go first');
    else this.log.warn(`in overload all clients fare alike: no socket filter: ${fault.message}; needs CAP_BPF`);
  }
}
