import type { StepThreshold, SynchronizationOptions } from '../coordinator-options.ts';

/** Steps done so far. */
export interface StepAccount {
  readonly isStarted: boolean;
  /** Sum of the sizes of all steps after the first, seconds. */
  readonly accumulatedSeconds: number;
}

/** What goes over to a successor on the same clock. */
export interface StepsMade extends StepAccount {
  readonly steps: number;
}

/**
 * Whether a step may be made (ntpd-rs's panic thresholds).
 *
 * @param deltaSeconds - positive: forward.
 * @returns null when it may, else the reason not to.
 */
export function findStepPanic(
  deltaSeconds: number,
  account: StepAccount,
  options: Pick<
    SynchronizationOptions,
    'startupStepPanicThreshold' | 'singleStepPanicThreshold' | 'accumulatedStepPanicThreshold'
  >,
): string | null {
  const size = Math.abs(deltaSeconds);
  const limit = (threshold: StepThreshold): number =>
    deltaSeconds > 0 ? threshold.forwardSeconds : threshold.backwardSeconds;
  const describe = (name: string, seconds: number, threshold: StepThreshold): string =>
    `${deltaSeconds > 0 ? 'forward' : 'backward'} by ${seconds.toFixed(3)} s is above ${name}, ${limit(threshold)} s`;
  if (!account.isStarted) {
    const { startupStepPanicThreshold: startup } = options;
    return size > limit(startup) ? describe('startup-step-panic-threshold', size, startup) : null;
  }
  const { singleStepPanicThreshold: single, accumulatedStepPanicThreshold: accumulated } = options;
  if (size > limit(single)) return describe('single-step-panic-threshold', size, single);
  const total = account.accumulatedSeconds + size;
  return total > limit(accumulated) ? describe('accumulated-step-panic-threshold', total, accumulated) : null;
}
