import { readdirSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** So much nicer than what serves is what has time: where one meets a worker on a core, it gets a thirtieth of it. */
const NICER_WITH_TIME = 15;
/** V8's threads get a tenth each: workers that have just begun wait for the code that those compile. */
const NICER_FOR_WORKERS = 10;
const NICE_MAX = 19;

/** The threads of this process as the kernel numbers them, for which they are processes; none where /proc is hidden. */
export function threads(): number[] {
  try {
    return readdirSync('/proc/self/task').map(Number);
  } catch {
    return [];
  }
}

/** Has what may take its time give way to what serves. */
export function giveWay(which: readonly number[]): void {
  makeNicer(which, NICER_WITH_TIME);
}

/**
 * Has V8's own threads, which compile and collect garbage, give way to what serves: there are four, and as equals they
 * would take most of a worker's core while a new piece of the program warms up. To be called before any other thread
 * is begun: they have no names.
 */
export function giveWayInV8(): void {
  makeNicer(
    threads().filter((thread) => thread !== process.pid),
    NICER_FOR_WORKERS,
  );
}

/** It needs no right, and there is no way back without one. */
function makeNicer(which: readonly number[], nicer: number): void {
  const nice = Math.min(getPriority() + nicer, NICE_MAX);
  for (const thread of which) {
    try {
      setPriority(thread, nice);
    } catch {
      // It has ended meanwhile, or somebody has made it nicer already.
    }
  }
}
