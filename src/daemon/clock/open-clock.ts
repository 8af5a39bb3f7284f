import type { Config } from '../../config/schema.ts';
import type { ClockPort } from '../../core/ports.ts';
import { OperatorError } from '../../errors.ts';
import { hasCapability } from '../../native/capabilities.ts';
import { KernelClock } from '../../native/kernel-clock.ts';
import type { LocalTimescale } from '../../native/local-timescale.ts';
import { adjustTimex, readTimex } from '../../native/timex.ts';
import { ObservedClock } from './observed-clock.ts';
import { SoftwareClock } from './software-clock.ts';

const REMEDY = 'give it CAP_SYS_TIME (AmbientCapabilities= of the unit), or use --clock software or none';

/**
 * Opens the clock to discipline.
 *
 * @throws OperatorError `clock-permission` for the system clock without CAP_SYS_TIME.
 */
export function openClock(mode: Config['synchronization']['clock'], timescale: LocalTimescale): ClockPort {
  if (mode === 'none') return new ObservedClock(timescale);
  if (mode === 'software') return new SoftwareClock();
  if (!hasCapability('CAP_SYS_TIME')) {
    throw new OperatorError('clock-permission', `the system clock may not be set: ${REMEDY}`);
  }
  try {
    return new KernelClock(timescale, { adjust: adjustTimex, read: readTimex });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EPERM') throw cause;
    throw new OperatorError('clock-permission', `the system clock may not be set: ${REMEDY}`, { cause });
  }
}
