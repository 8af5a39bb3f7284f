/** The generators: one thread per core, each with its share of the clients and of the rate. */
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { OperatorError } from '../errors.ts';
import type { EngineDescription, StepOptions } from '../native/load-engine.ts';
import type { EngineSetup } from './engine.ts';
import { COUNT_NAMES, type Counts, readCounts, sumCounts } from './layout.ts';
import { mergeCounted, type Tally } from './step-result.ts';
import type { StepOutcome, StepTask } from './worker.ts';

/** A step was given up because `stop` was called. */
export class Stopped extends Error {}

export class GeneratorPool {
  readonly #pool: Piscina<StepTask, StepOutcome>;
  readonly #setups: readonly EngineSetup[];
  readonly #cores: readonly number[];
  readonly #stop = new Int32Array(new SharedArrayBuffer(4));
  #engine: EngineDescription | null = null;

  /** @param cores - where to keep each generator, in order of `setups`; none for a generator without one. */
  constructor(setups: readonly EngineSetup[], cores: readonly number[]) {
    this.#setups = setups;
    this.#cores = cores;
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#pool = new Piscina({
      filename: new URL(`./worker.${extension}`, import.meta.url).href,
      minThreads: setups.length,
      maxThreads: setups.length,
      concurrentTasksPerWorker: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
    });
  }

  /** How the engines send, known after the first step. */
  get engine(): EngineDescription | null {
    return this.#engine;
  }

  /**
   * Runs one step on all generators at once. `onProgress` gets the sum of their counts, ten times a second.
   *
   * @throws Stopped after `stop`; OperatorError for what an operator can mend.
   */
  async run(step: StepOptions, onProgress: (counts: Counts) => void): Promise<Tally> {
    const parts = this.#setups.map((): Float64Array => new Float64Array(COUNT_NAMES.length));
    const outcomes = await Promise.all(
      this.#setups.map((setup, i) => {
        const { port1, port2 } = new MessageChannel();
        port1.on('message', (words: Float64Array) => {
          parts[i] = words;
          onProgress(readCounts(sumCounts(parts)));
        });
        const task: StepTask = {
          setup,
          step: { ...step, ...share(step, setup.clients, i, this.#setups.length) },
          core: this.#cores[i] ?? null,
          stop: this.#stop,
          progress: port2,
        };
        return this.#pool.run(task, { transferList: [port2] }).finally(() => port1.close());
      }),
    );
    const counted = outcomes.map((outcome) => {
      if (outcome.kind === 'failed') throw new OperatorError(outcome.code, outcome.message);
      if (outcome.kind === 'stopped') throw new Stopped('stopped');
      this.#engine = outcome.engine;
      return outcome.counted;
    });
    return mergeCounted(counted);
  }

  stop(): void {
    Atomics.store(this.#stop, 0, 1);
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

/** Generator `index`'s part of a step: an equal part of the rate, its own clients, its own randomness. */
function share(step: StepOptions, clients: number, index: number, generators: number): Partial<StepOptions> {
  const abusers = step.abusers === 0 ? 0 : Math.min(clients, Math.max(1, Math.round(step.abusers / generators)));
  return {
    rate: step.rate / generators,
    samplesPerSecond: step.samplesPerSecond / generators,
    clients,
    stride: clientStride(abusers < clients ? clients - abusers : clients),
    abusers,
    seed: step.seed * generators + index,
  };
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** A stride that visits all clients in an order far from their addresses': near the golden section, coprime. */
export function clientStride(clients: number): number {
  let stride = Math.max(1, Math.round(clients * 0.618_034));
  while (gcd(stride, clients) !== 1) stride++;
  return Math.min(stride, clients);
}
