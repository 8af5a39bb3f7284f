/** Runs one step on one engine, giving the event loop a turn between slices. */
import type { StepOptions } from '../native/load-engine.ts';
import type { Engine } from './engine.ts';
import type { Tally } from './step-result.ts';

export async function runStep(engine: Engine, step: StepOptions, stopped: () => boolean): Promise<Tally | null> {
  engine.begin(step);
  while (!engine.slice()) {
    if (stopped()) return null;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return engine.tally();
}
