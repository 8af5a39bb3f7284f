import type { LocalSeconds, Random, StampSource } from '../ports.ts';

/** A 64-bit stamp on the wire as two unsigned words; never interpreted. */
export interface WireStamp {
  seconds: number;
  fraction: number;
}

/** Who took our two stamps of an exchange, as far as is known. */
export interface StampSources {
  transmitStamp: StampSource;
  receiveStamp: StampSource;
}

/** One request and what is known of it: what a reply has to match, and our two stamps. */
export interface Exchange extends StampSources {
  readonly token: number;
  readonly sentLocal: LocalSeconds;
  /** T1; NaN until the driver has reported it. */
  transmitLocal: LocalSeconds;
  /** The transmit word: 64 random bits. */
  readonly xmt: WireStamp;
  /** The receive word of an interleaved request, also random; null in a basic one. */
  readonly rec: WireStamp | null;
}

/** The exchange before, kept for the interleaved reply that brings its true transmit stamp (RFC 9769 §4). */
export interface PastExchange extends Readonly<StampSources> {
  readonly transmitLocal: LocalSeconds;
  readonly receiveLocal: LocalSeconds;
  /** The server's receive stamp, T2: names the exchange to the server. */
  readonly rec: WireStamp;
  /** Its basic reply made a sample: its true transmit stamp adds nothing independent. */
  readonly wasUsed: boolean;
}

/** 64 random bits, never zero. */
export function randomStamp(random: Random): WireStamp {
  return { seconds: Math.floor(random() * 0xffff_fffe) + 1, fraction: Math.floor(random() * 0x1_0000_0000) };
}

export function sameStamp(a: WireStamp, b: WireStamp): boolean {
  return a.seconds === b.seconds && a.fraction === b.fraction;
}

export function isZeroStamp(stamp: WireStamp): boolean {
  return stamp.seconds === 0 && stamp.fraction === 0;
}

/** This machine's own reasons not to send: no packet has left it. */
const UNSENT_CODES: ReadonlySet<string> = new Set(['ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL', 'ENODEV', 'EPERM']);

/** Whether a request that failed with the system's code has not left this machine. */
export function isUnsent(code: string): boolean {
  return UNSENT_CODES.has(code);
}
