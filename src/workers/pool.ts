import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { DEFAULT_POLICY, type ListenerPolicy } from '../core/server/listener-policy.ts';
import type { BorrowedSocket } from '../native/packet-path.ts';
import { closeSocket, probeChosenIds } from '../native/packet-socket.ts';
import { openWakeEvent, signalWakeEvent } from '../native/wake-event.ts';
import { allocateControl, CONTROL_STOP, CONTROL_THREADS } from './control-block.ts';
import { allocateCounters, readCounters, type ServerCounters, sumCounters } from './counters.ts';
import { type ListenerSockets, type ListenerSpec, openListener } from './listener-sockets.ts';
import type { ServeTask } from './serve-loop.ts';
import type { TimePage } from './time-page.ts';

/** A listener and what it answers. */
export interface PoolListener extends ListenerSpec {
  readonly policy?: ListenerPolicy;
}

export interface PoolOptions {
  readonly listeners: readonly PoolListener[];
  /** Serving threads, at least 1. */
  readonly workers: number;
  /** Published at least once a second by the coordinator; until the first time nothing is answered. */
  readonly page: TimePage;
  /** Cores to pin the workers to, in index order and round; none by default. */
  readonly cpuAffinity?: readonly number[];
  /** Real-time priority of the workers, 1–99; ordinary by default. */
  readonly priority?: number;
  /** Whether T3 is corrected by what transmit stamps teach; true by default. */
  readonly correctTransmit?: boolean;
  /** V8 limits of the worker threads. */
  readonly resourceLimits?: ServeResourceLimits;
  /** Told of every worker that ended without being asked to; it is being replaced. */
  readonly onWorkerLost?: (workerIndex: number, error: unknown) => void;
}

export interface ServeResourceLimits {
  readonly maxOldGenerationSizeMb?: number;
  readonly maxYoungGenerationSizeMb?: number;
}

/** A listener as it came to stand. */
export interface BoundListener {
  readonly address: string;
  readonly port: number;
  /** Queue that the kernel granted per socket, and what was asked. */
  readonly receiveBufferOctets: number;
}

const SERVE_LOOP = fileURLToPath(new URL('./serve-loop.js', import.meta.url));
/** How long workers may take to end by themselves before their threads are ended. */
const STOP_MS = 700;
/** Pause before a lost worker is started again, doubled at each loss in a row and reset by a second of service. */
const RESTART_MS_MIN = 10;
const RESTART_MS_MAX = 500;

/**
 * The serving threads: piscina with one never-ending task per thread. The pool owns the sockets, so that a worker
 * that is lost leaves its queue behind and its successor takes over index, descriptors and counters.
 *
 * The worker's entry is a file of the built output: the pool runs from there.
 */
export class ServerPool {
  readonly listeners: readonly BoundListener[];
  private readonly options: PoolOptions;
  private readonly sockets: ListenerSockets[];
  private readonly control: SharedArrayBuffer;
  private readonly controlWords: Int32Array;
  private readonly countersMemory: SharedArrayBuffer;
  private readonly wakeFds: number[] = [];
  private readonly piscina: Piscina<ServeTask, void>;
  private readonly running: Promise<void>[] = [];
  private readonly abort: AbortController = new AbortController();
  private readonly chosenIds: boolean;
  private stopping = false;
  private lost = 0;

  /** @throws the system's error when a listener cannot be opened, its index added as `listener`; nothing stays open then. */
  constructor(options: PoolOptions) {
    this.options = options;
    this.sockets = openAll(options);
    this.listeners = this.sockets.map((sockets, i) => ({
      address: (options.listeners[i] as PoolListener).address,
      port: sockets.port,
      receiveBufferOctets: sockets.receiveBufferOctets,
    }));
    this.chosenIds = probeChosenIds();
    this.control = allocateControl(options.workers);
    this.controlWords = new Int32Array(this.control);
    this.countersMemory = allocateCounters(options.workers);
    for (let i = 0; i < options.workers; i++) this.wakeFds.push(openWakeEvent());
    this.piscina = new Piscina<ServeTask, void>({
      filename: SERVE_LOOP,
      minThreads: options.workers,
      maxThreads: options.workers,
      concurrentTasksPerWorker: 1,
      recordTiming: false,
      ...(options.resourceLimits ? { resourceLimits: options.resourceLimits } : {}),
    });
    // A thread that dies outside a task: its task is rejected too, which is where it is dealt with.
    this.piscina.on('error', () => {});
    for (let i = 0; i < options.workers; i++) this.running.push(this.keepServing(i));
  }

  /** Workers that ended without being asked to, since the start. */
  get workersLost(): number {
    return this.lost;
  }

  /** Counters of each worker, by index. */
  workerCounters(): ServerCounters[] {
    return this.wakeFds.map((_, worker) => readCounters(this.countersMemory, worker));
  }

  /** The sum over all workers. */
  counters(): ServerCounters {
    return sumCounters(this.workerCounters());
  }

  /** Resolves when every worker serves. */
  async ready(): Promise<void> {
    while (!this.stopping && this.threadIds().some((id) => id === 0)) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  /** Thread ids by worker index; 0 where none serves at the moment. */
  threadIds(): number[] {
    return this.wakeFds.map((_, worker) => Atomics.load(this.controlWords, CONTROL_THREADS + worker));
  }

  /** Ends the thread that serves an index, as a crash would; it is replaced. */
  async terminateWorker(workerIndex: number): Promise<void> {
    const id = this.threadIds()[workerIndex];
    await this.piscina.threads.find((thread) => thread.threadId === id)?.terminate();
  }

  /** Has every worker send what it has answered and end, then closes the sockets. Safe to call twice. */
  async stop(): Promise<void> {
    if (!this.stopping) {
      this.stopping = true;
      Atomics.store(this.controlWords, CONTROL_STOP, 1);
      for (const fd of this.wakeFds) signalWakeEvent(fd);
      const timer = setTimeout(() => this.abort.abort(), STOP_MS);
      await Promise.all(this.running);
      clearTimeout(timer);
      await this.piscina.destroy();
      for (const fd of this.wakeFds) closeSocket(fd);
      for (const listener of this.sockets) for (const socket of listener.perWorker) closeSocket(socket.fd);
    }
    await Promise.all(this.running);
  }

  /** Runs one index's task until stopped, again whenever it is lost. */
  private async keepServing(workerIndex: number): Promise<void> {
    let pauseMs = RESTART_MS_MIN;
    while (!this.stopping) {
      const startedMs = performance.now();
      try {
        await this.piscina.run(this.task(workerIndex), { signal: this.abort.signal });
      } catch (error) {
        Atomics.store(this.controlWords, CONTROL_THREADS + workerIndex, 0);
        if (this.stopping) return;
        this.lost++;
        this.options.onWorkerLost?.(workerIndex, error);
        pauseMs = performance.now() - startedMs > 1000 ? RESTART_MS_MIN : Math.min(2 * pauseMs, RESTART_MS_MAX);
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }

  private task(workerIndex: number): ServeTask {
    const { options } = this;
    const { cpuAffinity } = options;
    return {
      workerIndex,
      workerBits: Math.ceil(Math.log2(options.workers)),
      sockets: this.sockets.map((listener) => listener.perWorker[workerIndex] as BorrowedSocket),
      wakeFd: this.wakeFds[workerIndex] as number,
      page: options.page.memory,
      control: this.control,
      counters: this.countersMemory,
      policies: options.listeners.map((listener) => listener.policy ?? DEFAULT_POLICY),
      chosenIds: this.chosenIds,
      correctTransmit: options.correctTransmit ?? true,
      cpu: cpuAffinity?.length ? (cpuAffinity[workerIndex % cpuAffinity.length] as number) : null,
      priority: options.priority ?? null,
    };
  }
}

/** Opens every listener, or none: the error that is thrown then has the failed one's index as `listener`. */
function openAll(options: PoolOptions): ListenerSockets[] {
  const opened: ListenerSockets[] = [];
  try {
    for (const [i, spec] of options.listeners.entries()) opened.push(openListener(spec, i, options.workers));
  } catch (error) {
    for (const listener of opened) for (const socket of listener.perWorker) closeSocket(socket.fd);
    throw Object.assign(error as Error, { listener: opened.length });
  }
  return opened;
}
