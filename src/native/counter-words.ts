/**
 * Counters that the addon writes, at the start of a worker's row of doubles (addon/layout.h declares them;
 * native/binding.ts compares the two at load).
 */
/** Exchanges finished; moves at least twice a second while the worker lives. */
export const COUNTER_HEARTBEAT = 0;
export const COUNTER_RECEIVED = 1;
/** Replies the kernel took. */
export const COUNTER_SENT = 2;
/** Datagrams the kernel dropped for want of queue space, since the sockets were opened. */
export const COUNTER_KERNEL_DROPS = 3;
/** Replies lost to ENOBUFS or ENOMEM; not those that the queue of an interface drops, which is not told. */
export const COUNTER_SEND_NO_BUFFER = 4;
/** Replies lost to a full send queue. */
export const COUNTER_SEND_WOULD_BLOCK = 5;
/** Replies the kernel refused for another reason: no route, a filter, a bogus address. */
export const COUNTER_SEND_REFUSED = 6;
export const COUNTER_TX_STAMPS = 8;
/** Transmit stamps asked for and never seen. */
export const COUNTER_TX_STAMPS_LOST = 9;
/** Exchanges that kept the old copy of the time page because it could not be read. */
export const COUNTER_PAGE_FAILURES = 10;
/** Datagrams without a kernel stamp: their T2 is the daemon's. */
export const COUNTER_UNSTAMPED = 11;
/** Datagrams withheld because the realtime clock was set around their stamp. */
export const COUNTER_STEPPED = 12;
/** recvmmsg failures other than "nothing there", errors that waited at a socket, control messages cut short. */
export const COUNTER_RECEIVE_ERRORS = 13;
/** Datagrams that the standing filter kept out in overload; the kernel drops are without them. */
export const COUNTER_SHED = 14;
/** Transmit stamps reported for interleaved mode: three counters, by STAMP_*. */
export const COUNTER_TX_REPORTS = 16;
export const NATIVE_COUNTERS = 24;
