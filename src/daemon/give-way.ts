import { readdirSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/**
 * So much nicer than the threads that serve: where one meets one of those on a core, it gets a thirtieth. There are
 * five of them, and at 70 % of what it can answer a worker may need nine tenths of its core: full batches cost less.
 */
const NICER = 15;
const NICE_MAX = 19;

/** The threads of this process as the kernel numbers them, for which they are processes; none where /proc is hidden. */
export function threads(): number[] {
  try {
    return readdirSync('/proc/self/task').map(Number);
  } catch {
    return [];
  }
}

/** Has threads of this process give way to those that serve. It needs no right; there is no way back without one. */
export function giveWay(which: readonly number[]): void {
  const nice = Math.min(getPriority() + NICER, NICE_MAX);
  for (const thread of which) {
    try {
      setPriority(thread, nice);
    } catch {
      // It has ended meanwhile, or somebody has made it nicer already.
    }
  }
}
