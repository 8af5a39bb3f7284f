/** A generator's thread: one engine, one step per task. The engine stays open from step to step. */
import type { MessagePort } from 'node:worker_threads';
import { OperatorError } from '../errors.ts';
import type { EngineDescription, StepOptions } from '../native/load-engine.ts';
import { setThreadAffinity } from '../native/thread-tuning.ts';
import { Engine, type EngineSetup } from './engine.ts';
import type { Counted } from './step-result.ts';

/** What a task is given. */
export interface StepTask {
  readonly setup: EngineSetup;
  readonly step: StepOptions;
  readonly core: number | null;
  /** One Int32: not zero when the step is to be given up. */
  readonly stop: Int32Array;
  /** Gets the counts so far, ten times a second. */
  readonly progress: MessagePort;
}

/** What it gives back; the operator's errors as data, because a class does not survive the way between threads. */
export type StepOutcome =
  | { readonly kind: 'counted'; readonly counted: Counted; readonly engine: EngineDescription }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly code: OperatorError['code']; readonly message: string };

const PROGRESS_SLICES = 5;

let open: { key: string; engine: Engine } | null = null;

export default function runStep(task: StepTask): StepOutcome {
  try {
    if (task.core !== null) setThreadAffinity(task.core);
    const engine = engineFor(task.setup);
    engine.begin(task.step);
    for (let slices = 0; !engine.slice(); slices++) {
      if (Atomics.load(task.stop, 0) !== 0) return { kind: 'stopped' };
      if (slices % PROGRESS_SLICES === 0) task.progress.postMessage(engine.counts());
    }
    return { kind: 'counted', counted: engine.counted(), engine: engine.describe() };
  } catch (error) {
    if (error instanceof OperatorError) return { kind: 'failed', code: error.code, message: error.message };
    throw error;
  } finally {
    task.progress.close();
  }
}

function engineFor(setup: EngineSetup): Engine {
  const key = JSON.stringify(setup);
  if (open?.key === key) return open.engine;
  open?.engine.close();
  open = null;
  open = { key, engine: Engine.open(setup) };
  return open.engine;
}
