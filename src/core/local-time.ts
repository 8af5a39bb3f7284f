import { LEAP_DELETE, LEAP_INSERT, LEAP_NONE, LEAP_UNKNOWN, STRATUM_UNSYNCHRONISED } from '../protocol/header.ts';
import { REFID_LOCAL } from '../protocol/refid.ts';

/**
 * What is served while there is nothing to discipline the clock: the system clock with what the operator, or the
 * kernel, says about it.
 */

/** What the kernel says about its clock (adjtimex, read only). */
export interface KernelClockState {
  /** Return value of adjtimex: TIME_OK, INS, DEL, OOP, WAIT or ERROR. */
  readonly state: number;
  readonly status: number;
  readonly maximumErrorUs: number;
}

export interface LocalTimeOptions {
  /** Stratum that the operator vouches for; 16 when none. Wins over what the kernel says. */
  readonly localStratum: number;
  readonly referenceId: number;
  readonly precisionLog2: number;
  /** Null where the kernel is not to be believed: it could be following us. */
  readonly kernel: KernelClockState | null;
}

/** System variables of the local clock (RFC 5905 §11.1). */
export interface LocalTime {
  readonly leap: number;
  readonly stratum: number;
  readonly refid: number;
  readonly rootDelaySeconds: number;
  readonly rootDispersionSeconds: number;
}

/** The kernel knows that its clock is right but not how far it is from a primary server. */
const STRATUM_KERNEL = 10;
const STATUS_UNSYNCHRONISED = 0x40;
const STATE_ERROR = 5;
/** By state: the status bits that ask for a leap second stay when it is done. */
const KERNEL_LEAPS: readonly number[] = [LEAP_NONE, LEAP_INSERT, LEAP_DELETE];
const MAXIMUM_ERROR_US = 1_000_000;

const UNSYNCHRONISED: LocalTime = {
  leap: LEAP_UNKNOWN,
  stratum: STRATUM_UNSYNCHRONISED,
  refid: 0,
  rootDelaySeconds: 0,
  rootDispersionSeconds: 0,
};

/** Decides what the local clock is served as. */
export function localTime(options: LocalTimeOptions): LocalTime {
  if (options.localStratum < STRATUM_UNSYNCHRONISED) {
    return {
      leap: LEAP_NONE,
      stratum: options.localStratum,
      refid: options.referenceId,
      rootDelaySeconds: 0,
      rootDispersionSeconds: 2 ** options.precisionLog2,
    };
  }
  const { kernel } = options;
  if (kernel === null || !synchronised(kernel)) return UNSYNCHRONISED;
  return {
    leap: KERNEL_LEAPS[kernel.state] ?? LEAP_NONE,
    stratum: STRATUM_KERNEL,
    refid: REFID_LOCAL,
    rootDelaySeconds: 0,
    rootDispersionSeconds: kernel.maximumErrorUs / 1e6,
  };
}

function synchronised(kernel: KernelClockState): boolean {
  if (kernel.state === STATE_ERROR || (kernel.status & STATUS_UNSYNCHRONISED) !== 0) return false;
  return kernel.maximumErrorUs >= 0 && kernel.maximumErrorUs <= MAXIMUM_ERROR_US;
}
