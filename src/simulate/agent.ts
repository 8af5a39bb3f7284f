import type { ClockPort, LocalEpoch, LocalSeconds, Random } from '../core/ports.ts';
import type { NodeOptions } from './scenario.ts';

/** An IPv4 address. */
export interface Address {
  readonly text: string;
  /** Its four octets as one unsigned word, which is also its reference id. */
  readonly word: number;
}

/** What a machine gives to the program that keeps its clock. */
export interface Host {
  readonly options: NodeOptions;
  readonly epoch: LocalEpoch;
  readonly clock: ClockPort;
  readonly random: Random;
  readonly address: Address;
  /** The machine's local time now. */
  nowLocal(): LocalSeconds;
  /** Addresses of a name now; empty when it does not resolve. */
  resolve(name: string): Address[];
  /** Sends octets from a local port to an address's NTP port; returns the stamp of the transmission. */
  send(to: Pick<Address, 'text'>, fromPort: number, octets: Uint8Array): LocalSeconds;
}

/** A datagram that came in from an NTP port. */
export interface Arrival {
  readonly from: Address;
  readonly fromPort: number;
  readonly toPort: number;
  readonly octets: Uint8Array;
  /** Receive stamp. */
  readonly atLocal: LocalSeconds;
}

/** What an agent believes at one instant, to be compared with the truth. */
export interface Belief {
  /** Whether it would serve time as synchronised. */
  synchronised: boolean;
  /** True time minus (epoch + local time) as it would serve it. */
  offsetSeconds: number;
  /** Seconds that true time gains on local time per second. */
  frequency: number;
  maximumErrorSeconds: number;
  /** One standard deviation of the offset. */
  sigmaSeconds: number;
}

/** A program that keeps a machine's clock: the daemon's core, or a yardstick in its place. */
export interface Agent {
  /** Whether it ended itself, because it would have had to step too far. */
  readonly exited?: boolean;
  /** When `advance` is due next; Infinity for never. Read after every call. */
  readonly wakeLocal: LocalSeconds;
  advance(nowLocal: LocalSeconds): void;
  receive(arrival: Arrival, nowLocal: LocalSeconds): void;
  /** The reply to a request, all but its transmit stamp, which the machine writes as it leaves; null for no answer. */
  respond(request: Arrival, nowLocal: LocalSeconds): Uint8Array | null;
  /** The machine slept for `gapSeconds` of which its local timescale knows nothing. */
  slept(nowLocal: LocalSeconds, gapSeconds: number): void;
  /** The operating system says that somebody stepped the clock under discipline. */
  clockStepped(nowLocal: LocalSeconds, deltaSeconds: number): void;
  /** The belief now; `out.offsetSeconds` is the clock's own reading while nothing is known. */
  believe(nowLocal: LocalSeconds, out: Belief): void;
}

/** Puts an agent on a machine when the machine starts. */
export type AgentFactory = (host: Host) => Agent;
