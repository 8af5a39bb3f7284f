import type { Config } from '../config/schema.ts';
import { INTERLEAVED_OCTETS, interleavedLifetimeSeconds } from '../core/server/interleaved.ts';

/** Rates of interleaved replies that an operator may want to serve, per worker and second. */
const RATES: readonly number[] = [1000, 20_000, 150_000];
const MEGABYTE = 2 ** 20;

/**
 * What the memory for interleaved mode costs and how long it lasts, in one line: a client whose poll interval is longer
 * than that gets basic replies.
 *
 * @param capacityLog2 - replies that each worker remembers, as a power of two.
 */
export function describeInterleavedStore(capacityLog2: number, workers: number): string {
  const replies = 2 ** capacityLog2;
  const megabytes = Math.ceil((workers * replies * INTERLEAVED_OCTETS) / MEGABYTE);
  const lifetimes = RATES.map((rate) => {
    const seconds = Math.floor(interleavedLifetimeSeconds(capacityLog2, rate));
    return `${seconds} s at ${rate}/s`;
  });
  return (
    `each worker remembers ${replies} interleaved replies: ${lifetimes.join(', ')}; ` +
    `${megabytes} MB in all (interleaved-replies)`
  );
}

/** Replies that each worker is to remember, as a power of two: at least as many as configured. */
export function interleavedCapacityLog2({ interleavedReplies }: Config['workers']): number {
  return Math.ceil(Math.log2(interleavedReplies));
}
