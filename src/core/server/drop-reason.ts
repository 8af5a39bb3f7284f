/**
 * Why a request got no answer. Each is a counter of its own; the order is part of the counters' layout in shared
 * memory, so new ones go at the end.
 */
export const DROP_REASONS = [
  /** Shorter than a header, or not a whole number of words. */
  'length',
  /** Larger than a slot. */
  'oversized',
  /** Version 0 or above 4, or one that the listener does not accept. */
  'version',
  /** A mode that asks nothing of a server: 2, 4, 5, or 0 where version 1 does not explain it. */
  'mode',
  /** Mode 6 or 7: control and private messages are not answered here. */
  'control',
  /** What follows the header is neither extension fields nor a MAC. */
  'malformed',
  /** It carries a MAC by a key that we do not have. */
  'unknown-key',
  /** It waited longer than the listener's stale limit: its client has given up. */
  'stale',
  /** It was stamped across a step of the realtime clock, so T2 would be wrong. */
  'clock-stepped',
  /** It says that it comes from our own address and port, or from port zero: an answer could loop. */
  'reflection',
  /** No time page has been published yet. */
  'no-time',
  /** The listener's lists do not let the source in. */
  'access-denied',
  /** Its source asks more often than the listener allows. */
  'rate-limited',
  /** Its MAC is not what the key it names makes of it. */
  'bad-mac',
] as const;

export type DropReason = (typeof DROP_REASONS)[number];

/** Codes as `respond` returns them: minus (index + 1). */
export const DROP_LENGTH = -1;
export const DROP_OVERSIZED = -2;
export const DROP_VERSION = -3;
export const DROP_MODE = -4;
export const DROP_CONTROL = -5;
export const DROP_MALFORMED = -6;
export const DROP_UNKNOWN_KEY = -7;
export const DROP_STALE = -8;
export const DROP_CLOCK_STEPPED = -9;
export const DROP_REFLECTION = -10;
export const DROP_NO_TIME = -11;
export const DROP_ACCESS_DENIED = -12;
export const DROP_RATE_LIMITED = -13;
export const DROP_BAD_MAC = -14;
