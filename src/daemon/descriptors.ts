import { readFileSync } from 'node:fs';
import { OperatorError } from '../errors.ts';
import { boundAddresses, type HostAddress } from '../workers/host-addresses.ts';
import type { ListenerSpec } from '../workers/listener-sockets.ts';

/** What the program has open beside its workers, while it loads itself at most. */
const OWN = 64;
/** What each worker's thread has open, and the spare's: its loop, its pipes, its wake-up, and the sockets it measures itself with. */
const PER_WORKER = 10;
/** A socket to receive by and one to reply by. */
const PER_WORKER_AND_ADDRESS = 2;

const WAY_OUT = 'raise "ulimit -n" (LimitNOFILE= of the unit)';

/** How many files this process may have open. */
export function descriptorLimit(limits: string = readFileSync('/proc/self/limits', 'utf8')): number {
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
}

/** How many addresses get sockets: of each listener one, and what a wildcard takes of the host's own. */
export function countBound(listeners: readonly ListenerSpec[], host: readonly HostAddress[], workers: number): number {
  const taken = listeners.flatMap((listener) => boundAddresses(listener, host, workers, () => false));
  return listeners.length + taken.length;
}

/**
 * Threads that lack descriptors end in many ways; so the start asks first.
 *
 * @param addresses - how many get sockets; without any there are no workers.
 * @throws OperatorError when so many workers and addresses will not find enough.
 */
export function checkDescriptors(workers: number, addresses: number, limit: number = descriptorLimit()): void {
  const serving = addresses === 0 ? 0 : (workers + 1) * PER_WORKER + workers * addresses * PER_WORKER_AND_ADDRESS;
  const needed = OWN + serving;
  if (limit >= needed) return;
  const message = `too few file descriptors: ${workers} workers need ${needed} and may have ${limit}`;
  throw new OperatorError('too-few-descriptors', `${message}; ${WAY_OUT}, or use fewer workers`);
}

/** Whether a failure was for want of descriptors. Node may say then that a module is not there. */
export function isForWantOfDescriptors(error: unknown, limit: number): boolean {
  const { code = '' } = error as NodeJS.ErrnoException;
  return /^E[MN]FILE$/.test(code) || (code === 'ERR_MODULE_NOT_FOUND' && limit <= 2 * OWN);
}

/** What the operator is told then. */
export function tooFewDescriptors(cause: unknown): OperatorError {
  return new OperatorError('too-few-descriptors', `too few file descriptors; ${WAY_OUT}`, { cause });
}
