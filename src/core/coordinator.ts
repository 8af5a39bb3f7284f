import type { Output } from './coordinator-output.ts';
import type { LocalSeconds } from './ports.ts';
import type { SavedHistory } from './saved-history.ts';
import type { CoordinatorStatus } from './status.ts';
import type { SystemVariables } from './system-variables.ts';

/** An address that a name stands for. */
export interface ResolvedAddress {
  /** Numeric, in the canonical form of inet_ntop, scope included. */
  readonly text: string;
  /** Refid that followers of this address show (RFC 5905 §7.3): protocol/refid.ts. */
  readonly refid: number;
  /** Asking it would ask ourselves: one of our addresses and a port that we serve. */
  readonly isOurs: boolean;
}

/** An instant on the wire or off it, and who stamped it. */
export type StampSource = 'daemon' | 'kernel' | 'hardware';

/**
 * Keeps one clock: associations, selection and discipline in one object that does no IO (str0m's contract).
 *
 * The driver calls an input, then takes outputs until there are none, then sleeps until `nextWakeLocal` or the
 * next input. Local time never goes back between calls. No input throws, whatever the network sent.
 */
export interface Coordinator {
  /** Does what is due at `nowLocal`. */
  advance(nowLocal: LocalSeconds): void;
  /** The next output, oldest first; undefined when drained. */
  takeOutput(): Output | undefined;
  /** When `advance` has to be called at the latest. */
  readonly nextWakeLocal: LocalSeconds;

  /** The request left at `transmitLocal` (T1). May be called again when a better stamp arrives before the reply. */
  requestSent(nowLocal: LocalSeconds, token: number, transmitLocal: LocalSeconds, stamp: StampSource): void;
  /** The request could not be sent, or the network refused it (ECONNREFUSED, EHOSTUNREACH, …). */
  requestFailed(nowLocal: LocalSeconds, token: number, code: string): void;
  /**
   * A datagram arrived on the socket of `token`: `octets[0, length)`, stamped `receiveLocal` (T4), from this
   * numeric address and port. `octets` is not kept.
   */
  datagramReceived(
    nowLocal: LocalSeconds,
    token: number,
    octets: Uint8Array,
    length: number,
    receiveLocal: LocalSeconds,
    stamp: StampSource,
    address: string,
    port: number,
  ): void;

  nameResolved(nowLocal: LocalSeconds, sourceIndex: number, addresses: readonly ResolvedAddress[]): void;
  nameFailed(nowLocal: LocalSeconds, sourceIndex: number, reason: string): void;
  /** Refids that stand for any of our own addresses; loopback excluded. A server that shows one follows us. */
  setOwnRefids(refids: readonly number[]): void;

  /** Whether to poll; without a source index for all sources. Offline sources keep their estimates. */
  setOnline(nowLocal: LocalSeconds, online: boolean, sourceIndex?: number): void;
  /** Resolves all names again and replaces addresses that are gone. */
  refreshSources(nowLocal: LocalSeconds): void;
  /** Steps or slews the clock to the best estimate at once, above any step threshold. @returns what was done. */
  forceSync(nowLocal: LocalSeconds): string;
  /**
   * The local timescale lost `gapSeconds` (the machine slept, was frozen or migrated); null when unknown: every
   * estimate of phase is void, that of frequency is kept as a start.
   */
  timescaleBroken(nowLocal: LocalSeconds, gapSeconds: number | null): void;
  /** Somebody else set the clock under discipline; the local timescale is intact. */
  clockStepped(nowLocal: LocalSeconds, deltaSeconds: number): void;

  /** Served truth. One object, overwritten in place; compare `generation`. */
  readonly variables: Readonly<SystemVariables>;
  /** Snapshot for `ntpd-ts status`. */
  status(nowLocal: LocalSeconds): CoordinatorStatus;
  /** The oscillator for the drift file: `ClockLine.frequency`'s sign; null while not known better than before. */
  drift(nowLocal: LocalSeconds): { frequency: number; sigma: number } | null;
  /** For the history file: at exit, and after a `history-changed` event. */
  saveHistory(nowLocal: LocalSeconds): SavedHistory;
}
