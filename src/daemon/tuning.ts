import type { Config } from '../config/schema.ts';
import { type ErrorCode, OperatorError } from '../errors.ts';
import { lockCode } from '../native/memory-lock.ts';
import { probeThreadAffinity, probeThreadPriority } from '../native/thread-tuning.ts';

/** What the kernel is asked for; the addon's functions, or a test's. */
export interface TuningPort {
  lockCode(): void;
  probeThreadAffinity(cpu: number): void;
  probeThreadPriority(priority: number): void;
}

/**
 * Locks the code where that is asked for (the workers lock what they work in), and finds out whether the workers will
 * get the cores and the priority that are asked for: one that is refused them could only end and be started again.
 *
 * @throws OperatorError for what the kernel does not grant.
 */
export function tune(
  workers: Config['workers'],
  kernel: TuningPort = { lockCode, probeThreadAffinity, probeThreadPriority },
): void {
  if (workers.lockMemory) {
    attempt('worker-permission', 'lock-memory', 'needs CAP_IPC_LOCK, or LimitMEMLOCK=infinity of the unit', () =>
      kernel.lockCode(),
    );
  }
  for (const core of new Set(workers.cpuAffinity)) {
    attempt(
      'worker-core',
      `cpu-affinity: core ${core}`,
      'see "nproc --all", "taskset -p $$", AllowedCPUs= of the unit',
      () => kernel.probeThreadAffinity(core),
    );
  }
  if (workers.priority > 0) {
    attempt('worker-permission', 'priority', 'needs CAP_SYS_NICE, or LimitRTPRIO= of the unit', () =>
      kernel.probeThreadPriority(workers.priority),
    );
  }
}

function attempt(code: ErrorCode, option: string, wayOut: string, ask: () => void): void {
  try {
    ask();
  } catch (cause) {
    throw new OperatorError(code, `[workers] ${option} is refused: ${(cause as Error).message}; ${wayOut}`, { cause });
  }
}
