import { randomFillSync } from 'node:crypto';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { gateSharedOctets } from '../core/server/gate.ts';
import { INTERLEAVED_CAPACITY_LOG2 } from '../core/server/interleaved.ts';
import type { SymmetricKey } from '../core/server/symmetric-key.ts';
import { readTalkers, TALKER_WORDS, type TalkerReport } from '../core/server/top-talkers.ts';
import type { BorrowedSocket } from '../native/packet-path.ts';
import { closeSocket, drawSteeringKey, probeChosenIds, type Timestamping } from '../native/packet-socket.ts';
import { openWakeEvent, signalWakeEvent } from '../native/wake-event.ts';
import {
  allocateControl,
  CONTROL_POLICY,
  CONTROL_STOP,
  policyWord,
  THREAD_NONE,
  THREAD_STARTING,
  threadWord,
} from './control-block.ts';
import { allocateCounters, readCounters, type ServerCounters, sumCounters } from './counters.ts';
import { type HostAddress, hostAddresses } from './host-addresses.ts';
import { RECEIVE_BUFFER_OCTETS } from './listener-sockets.ts';
import {
  changeListeners,
  closeAll,
  groupsOf,
  type ListenerChange,
  type OpenListener,
  type PoolListener,
} from './open-listeners.ts';
import type { PhcPage } from './phc-page.ts';
import type { ServeTask } from './serve-loop.ts';
import { type ServeResourceLimits, ServingThreads } from './serving-threads.ts';
import { openFilters, type StandingFilters } from './standing-filters.ts';
import type { TimePage } from './time-page.ts';
import type { WorkerPolicy } from './worker-policy.ts';

export interface PoolOptions {
  readonly listeners: readonly PoolListener[];
  /** Symmetric keys that requests may be authenticated with; none by default. */
  readonly keys?: readonly SymmetricKey[];
  /** Replies that each worker remembers for interleaved mode, as a power of two. */
  readonly interleavedCapacityLog2?: number;
  /** Serving threads, at least 1. */
  readonly workers: number;
  /** Published at least once a second by the coordinator; until the first time nothing is answered. */
  readonly page: TimePage;
  /** Lines of network cards' clocks (HardwareClocks), for listeners that ask for hardware stamps. */
  readonly phcPage?: PhcPage;
  /** Cores to pin the workers to, in index order and round; none by default. */
  readonly cpuAffinity?: readonly number[];
  /** Real-time priority of the workers, 1–99; ordinary by default. */
  readonly priority?: number;
  /** Whether workers keep the memory that they work in resident, as far as the kernel lets them; false by default. */
  readonly lockMemory?: boolean;
  /** Whether T3 is corrected by what transmit stamps teach; true by default. */
  readonly correctTransmit?: boolean;
  /** V8 limits of the worker threads. */
  readonly resourceLimits?: ServeResourceLimits;
  /** What addresses wildcard listeners find at this host; those of its interfaces by default. */
  readonly hostAddresses?: () => readonly HostAddress[];
  /** Told once of an address that a wildcard's socket has to serve, because one of its own cannot be opened. */
  readonly onAddressRefused?: (address: string, error: unknown) => void;
  /** Told of every worker that ended without being asked to; it is being replaced. */
  readonly onWorkerLost?: (workerIndex: number, error: unknown) => void;
}

/** A listener as it came to stand. */
export interface BoundListener {
  readonly address: string;
  readonly port: number;
  /** The interface that its address is meant on, where it needs one. */
  readonly scope: string | null;
  /** Where its receive stamps are from. */
  readonly stamps: Timestamping;
  /** Receive buffer that the kernel granted each socket. */
  readonly receiveBufferOctets: number;
  /** What it was asked for; it grants less where net.core.rmem_max stands in the way. */
  readonly receiveBufferWanted: number;
  /** Of a wildcard: the addresses that have sockets of their own. */
  readonly addresses: readonly string[];
}

/** How long a listener that gives way to another on its port is served beside it. */
const DRAIN_MS = 20;
/** How long workers may take to end by themselves before their threads are ended. */
const STOP_MS = 700;
/** A worker that is lost after so long is started again at once. */
const SERVED_WELL_MS = 1000;
/** One that is lost sooner is started again after a pause, doubled at each loss in a row. */
const RESTART_MS_MIN = 10;
const RESTART_MS_MAX = 500;

/**
 * The workers and what they work with. The pool owns the sockets, so that a worker that is lost leaves its queue behind
 * and its successor takes over index, descriptors and counters.
 */
export class ServerPool {
  private readonly options: PoolOptions;
  private readonly steeringKey: Int32Array = drawSteeringKey();
  private open: readonly OpenListener[] = [];
  private refused: ReadonlySet<string> = new Set();
  private changing: Promise<unknown> = Promise.resolve();
  private keys: readonly SymmetricKey[];
  private generation = 0;
  private readonly ports: MessagePort[] = [];
  private readonly hashKey: readonly [number, number];
  private readonly gateBuckets: SharedArrayBuffer = new SharedArrayBuffer(gateSharedOctets());
  private readonly control: SharedArrayBuffer;
  private readonly controlWords: Int32Array;
  private readonly countersMemory: SharedArrayBuffer;
  private readonly talkerMemory: readonly SharedArrayBuffer[];
  private readonly filters: StandingFilters | null;
  /** Why the kernel lets us not choose among requests in overload; null where it does. */
  readonly sheddingFault: Error | null;
  private readonly wakeFds: number[] = [];
  private readonly threads: ServingThreads;
  private readonly running: Promise<void>[] = [];
  private readonly chosenIds: boolean;
  private stopping = false;
  private lost = 0;

  /** @throws the system's error when a listener cannot be opened, its index added as `listener`; nothing stays open then. */
  constructor(options: PoolOptions) {
    this.options = options;
    this.open = this.goTo(options.listeners).listeners;
    this.keys = options.keys ?? [];
    this.hashKey = Array.from(randomFillSync(new Int32Array(2))) as [number, number];
    const filters = openFilters(options.workers, this.hashKey);
    this.filters = filters instanceof Error ? null : filters;
    this.sheddingFault = filters instanceof Error ? filters : null;
    try {
      this.talkerMemory = Array.from({ length: options.workers }, () => new SharedArrayBuffer(4 * TALKER_WORDS));
      this.chosenIds = probeChosenIds();
      this.control = allocateControl(options.workers);
      this.controlWords = new Int32Array(this.control);
      this.countersMemory = allocateCounters(options.workers);
      for (let i = 0; i < options.workers; i++) this.wakeFds.push(openWakeEvent());
      this.threads = new ServingThreads(options.workers, options.resourceLimits, () => ({
        page: options.page.memory,
        listeners: this.open.map(({ policy }) => policy),
      }));
    } catch (error) {
      this.closeDescriptors();
      throw error;
    }
    for (let i = 0; i < options.workers; i++) this.running.push(this.keepServing(i));
  }

  private closeDescriptors(): void {
    for (const fd of this.wakeFds) closeSocket(fd);
    closeAll(this.open.flatMap(groupsOf));
    this.filters?.close();
  }

  /** The listeners as they stand now. */
  get listeners(): readonly BoundListener[] {
    return this.open.map(({ spec, sockets, addresses }) => ({
      address: spec.address,
      port: sockets.port,
      scope: /^fe[89ab]/i.test(spec.address) ? (spec.interface ?? null) : null,
      stamps: spec.timestamping ?? 'kernel',
      receiveBufferOctets: sockets.receiveBufferOctets,
      receiveBufferWanted: spec.receiveBufferOctets ?? RECEIVE_BUFFER_OCTETS,
      addresses: addresses.map((group) => group.spec.address),
    }));
  }

  /** Workers that ended without being asked to, since the start. */
  get workersLost(): number {
    return this.lost;
  }

  /** Whether a thread waits that has rehearsed to serve. */
  get hasSpare(): boolean {
    return this.threads.hasSpare;
  }

  /** Counters of each worker, by index. */
  workerCounters(): ServerCounters[] {
    return this.wakeFds.map((_, worker) => readCounters(this.countersMemory, worker));
  }

  /** The sum over all workers. */
  counters(): ServerCounters {
    return sumCounters(this.workerCounters());
  }

  /** The sources that ask most. @param monoSeconds - CLOCK_MONOTONIC now. */
  talkers(monoSeconds: number, limit: number): TalkerReport {
    return readTalkers(
      this.talkerMemory.map((memory) => new Int32Array(memory)),
      monoSeconds,
      limit,
    );
  }

  /** Resolves when every worker serves. */
  async ready(): Promise<void> {
    while (!this.stopping && this.threadIds().some((id) => id === 0)) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  /** Thread ids by worker index; 0 where none serves at the moment. */
  threadIds(): number[] {
    return this.wakeFds.map((_, worker) => Math.max(0, Atomics.load(this.controlWords, threadWord(worker))));
  }

  /** Ends the thread that serves an index, as a crash would; it is replaced. */
  async terminateWorker(workerIndex: number): Promise<void> {
    const id = this.threadIds()[workerIndex] as number;
    await this.threads.terminate(id);
    // So that nobody who waits for its successor takes it for that.
    Atomics.compareExchange(this.controlWords, threadWord(workerIndex), id, THREAD_NONE);
  }

  /** Has every worker send what it has answered and end, then closes the sockets. Safe to call twice. */
  async stop(): Promise<void> {
    if (!this.stopping) {
      this.stopping = true;
      this.threads.retire();
      Atomics.store(this.controlWords, CONTROL_STOP, 1);
      for (const fd of this.wakeFds) signalWakeEvent(fd);
      const timer = setTimeout(() => this.threads.abandon(), STOP_MS);
      await Promise.all(this.running);
      clearTimeout(timer);
      await this.threads.close();
      for (const port of this.ports) port.close();
      await this.changing;
      this.closeDescriptors();
    }
    await Promise.all(this.running);
  }

  /** Runs one index's task until stopped, again whenever it is lost. */
  private async keepServing(workerIndex: number): Promise<void> {
    let pauseMs = 0;
    while (!this.stopping) {
      const startedMs = performance.now();
      try {
        await this.threads.serve(this.task(workerIndex));
      } catch (error) {
        Atomics.store(this.controlWords, threadWord(workerIndex), THREAD_NONE);
        if (this.stopping) return;
        this.lost++;
        this.options.onWorkerLost?.(workerIndex, error);
        if (performance.now() - startedMs > SERVED_WELL_MS) {
          pauseMs = 0;
        } else {
          pauseMs = Math.min(Math.max(2 * pauseMs, RESTART_MS_MIN), RESTART_MS_MAX);
          await new Promise((resolve) => setTimeout(resolve, pauseMs));
        }
      }
    }
  }

  private task(workerIndex: number): ServeTask {
    const { options } = this;
    const { cpuAffinity } = options;
    const channel = new MessageChannel();
    this.ports[workerIndex]?.close();
    this.ports[workerIndex] = channel.port1;
    // From now on sockets of this policy stay open until it has taken another.
    Atomics.store(this.controlWords, policyWord(workerIndex), this.generation);
    Atomics.store(this.controlWords, threadWord(workerIndex), THREAD_STARTING);
    return {
      workerIndex,
      workerBits: Math.ceil(Math.log2(options.workers)),
      wakeFd: this.wakeFds[workerIndex] as number,
      page: options.page.memory,
      phcPage: options.phcPage?.memory ?? null,
      control: this.control,
      counters: this.countersMemory,
      policy: this.policyOf(workerIndex),
      policies: channel.port2,
      hashKey: this.hashKey,
      gateBuckets: this.gateBuckets,
      talkers: this.talkerMemory[workerIndex] as SharedArrayBuffer,
      standing: this.filters?.share(workerIndex) ?? null,
      interleavedCapacityLog2: options.interleavedCapacityLog2 ?? INTERLEAVED_CAPACITY_LOG2,
      seed: randomFillSync(new Int32Array(1))[0] as number,
      chosenIds: this.chosenIds,
      correctTransmit: options.correctTransmit ?? true,
      cpu: cpuAffinity?.length ? (cpuAffinity[workerIndex % cpuAffinity.length] as number) : null,
      priority: options.priority ?? null,
      lockMemory: options.lockMemory ?? false,
    };
  }

  private policyOf(workerIndex: number, serving: readonly OpenListener[] = this.open): WorkerPolicy {
    return {
      generation: this.generation,
      sockets: serving.flatMap((open, listener) =>
        groupsOf(open).map(({ sockets }) => ({
          ...(sockets.perWorker[workerIndex] as BorrowedSocket),
          listener,
          smear: open.policy.smear,
        })),
      ),
      listeners: serving.map(({ policy }) => policy),
      keys: this.keys,
    };
  }

  /**
   * Takes other listeners, policies and keys into use while serving. Listeners that stay lose no packet: their sockets
   * stay, with other options where these differ. Resolves when every worker works by the new policy and the sockets of
   * listeners that went are closed.
   *
   * @throws the system's error when a new listener cannot be opened or one that stays cannot have its new options, its
   *   index added as `listener`; nothing has changed then.
   */
  reconfigure(listeners: readonly PoolListener[], keys: readonly SymmetricKey[]): Promise<void> {
    return this.inTurn(async () => {
      if (this.stopping) return;
      const change = this.goTo(listeners);
      this.keys = keys;
      await this.adopt(change);
    });
  }

  /**
   * Looks which addresses the host has now: wildcard listeners open sockets for new ones, and close those of addresses
   * that went. To be called every few seconds; until then the wildcard's own sockets serve an address.
   *
   * @returns whether anything changed.
   */
  followAddresses(): Promise<boolean> {
    return this.inTurn(async () => {
      if (this.stopping) return false;
      const change = this.goTo(this.open.map(({ spec, policy }) => ({ ...spec, policy })));
      if (change.opened.length + change.going.length === 0) return false;
      await this.adopt(change);
      return true;
    });
  }

  /** Changes one after the other. */
  private inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.changing.then(change);
    this.changing = done.catch(() => {});
    return done;
  }

  /** Opens and adjusts what these listeners need; nothing is served by it yet. */
  private goTo(listeners: readonly PoolListener[]): ListenerChange {
    const { options, steeringKey } = this;
    const refused = new Set<string>();
    const change = changeListeners(this.open, listeners, {
      workers: options.workers,
      steeringKey,
      hostAddresses: options.hostAddresses ?? hostAddresses,
      onRefused: (address, error) => {
        refused.add(address);
        if (!this.refused.has(address)) options.onAddressRefused?.(address, error);
      },
    });
    this.refused = refused;
    return change;
  }

  /** Has the workers serve what was opened, and closes what goes. */
  private async adopt({ listeners, opened, going }: ListenerChange): Promise<void> {
    this.open = listeners;
    const isReplacing = going.some((old) => opened.some(({ sockets }) => sockets.port === old.sockets.port));
    if (isReplacing) {
      // What still waits in the old queues is answered before they are closed.
      await this.announce([...this.open, ...going]);
      await new Promise((resolve) => setTimeout(resolve, DRAIN_MS));
    }
    await this.announce(this.open);
    closeAll(going);
  }

  /** Has all workers serve these listeners, by the keys of now. Resolves when they do. */
  private async announce(serving: readonly OpenListener[]): Promise<void> {
    const generation = ++this.generation;
    for (const [worker, port] of this.ports.entries()) port.postMessage(this.policyOf(worker, serving));
    Atomics.store(this.controlWords, CONTROL_POLICY, generation);
    for (const fd of this.wakeFds) signalWakeEvent(fd);
    await this.agreed(generation);
  }

  /**
   * Resolves when every worker that serves or starts works by this policy or a later one, however long a start takes: it
   * would go on with descriptors that name other files by then. One that cannot start fails, and is behind no more.
   */
  private async agreed(generation: number): Promise<void> {
    const behind = (worker: number): boolean =>
      Atomics.load(this.controlWords, threadWord(worker)) !== THREAD_NONE &&
      Atomics.load(this.controlWords, policyWord(worker)) < generation;
    while (!this.stopping && this.wakeFds.some((_, worker) => behind(worker))) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}
