/**
 * The arrays that the addon counts into, in the order of addon/load_ledger.h. The engine's door compares the sizes
 * when it loads.
 */

/** Names of the counts, in order of their place. */
export const COUNT_NAMES = [
  'due',
  'sent',
  'sendFailed',
  'replies',
  'answered',
  'unsynchronised',
  'kissed',
  'lost',
  'late',
  'duplicate',
  'invalidLength',
  'invalidMode',
  'invalidVersion',
  'invalidOrigin',
  'invalidAddress',
  'invalidStratum',
  'invalidStamps',
  'invalidChecksum',
  'kissDeny',
  'kissRstr',
  'kissRate',
  'kissNtsn',
  'kissOther',
  'interleavedSent',
  'interleavedReplies',
  'abuserSent',
  'abuserAnswered',
  'ringDrops',
  'octetsSent',
  'stampsLost',
] as const;

export type CountName = (typeof COUNT_NAMES)[number];
export type Counts = Record<CountName, number>;

/** Names of the distributions, in order of their place. */
export const DISTRIBUTION_NAMES = [
  'latency',
  'roundTrip',
  'lateness',
  'residence',
  'receiveError',
  'transmitError',
] as const;

export type DistributionName = (typeof DISTRIBUTION_NAMES)[number];

/** Doubles kept beside the cells of each distribution: count, sum, sum of squares, smallest, largest. */
export const SUMS_PER_DISTRIBUTION = 5;

/** Reads the count array as an object. */
export function readCounts(words: Float64Array): Counts {
  const counts = {} as Counts;
  COUNT_NAMES.forEach((name, i) => {
    counts[name] = words[i] ?? 0;
  });
  return counts;
}

/** Adds count arrays up. */
export function sumCounts(parts: readonly Float64Array[]): Float64Array {
  return Float64Array.from(COUNT_NAMES, (_, i) => parts.reduce((sum, part) => sum + (part[i] as number), 0));
}
