import { randomFillSync } from 'node:crypto';
import { loadAddon } from './binding.ts';

/** How packets are stamped: not at all, by the kernel, or by the card where it can (else by the kernel). */
export type Timestamping = 'none' | 'kernel' | 'hardware';

export interface SocketOptions {
  /** IPv4 or IPv6 literal; 0.0.0.0 or :: for all of the host's. */
  readonly address: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
  /** Interface to bind to; also the scope of a link-local address. */
  readonly interface?: string;
  /** Member of a group that shares the port. */
  readonly reusePort?: boolean;
  /** Bind to an address that the host does not have yet (anycast, failover). */
  readonly freebind?: boolean;
  /** Size of the receive queue; above the sysctl only with CAP_NET_ADMIN. */
  readonly receiveBufferOctets?: number;
  readonly dscp?: number;
  readonly timestamping?: Timestamping;
}

/** An open socket; the descriptor is the caller's, to be closed with {@link closeSocket}. */
export interface OpenSocket {
  readonly fd: number;
  readonly port: number;
  readonly wildcard: boolean;
  /** What the kernel granted of the receive buffer asked for. */
  readonly receiveBufferOctets: number;
}

interface NativeSockets {
  openSocket(options: object): OpenSocket;
  adjustSocket(fd: number, options: object): number;
  closeSocket(fd: number): void;
  probeChosenIds(): boolean;
  attachSteering(fd: number, sockets: number, byFlow: boolean, key: Int32Array): void;
}

const TIMESTAMPING: Record<Timestamping, number> = { none: 0, kernel: 1, hardware: 2 };

/**
 * Opens and binds a UDP socket for the packet path.
 *
 * @throws an Error with `code`, `errno` and `syscall` when the kernel refuses.
 */
export function openSocket(options: SocketOptions): OpenSocket {
  const timestamping = TIMESTAMPING[options.timestamping ?? 'kernel'];
  return loadAddon<NativeSockets>().openSocket({ ...options, timestamping });
}

/** What can be changed of a socket that is open. */
export type AdjustableOptions = Pick<SocketOptions, 'receiveBufferOctets' | 'dscp' | 'timestamping'>;

/**
 * Gives an open socket other options; what waits in its queue stays there.
 *
 * @returns what the kernel granted of the receive buffer asked for.
 * @throws an Error with `code`, `errno` and `syscall` when the kernel refuses; some options may have been set then.
 */
export function adjustSocket(fd: number, options: AdjustableOptions): number {
  const { receiveBufferOctets, dscp } = options;
  const timestamping = TIMESTAMPING[options.timestamping ?? 'kernel'];
  return loadAddon<NativeSockets>().adjustSocket(fd, { receiveBufferOctets, dscp, timestamping });
}

export function closeSocket(fd: number): void {
  loadAddon<NativeSockets>().closeSocket(fd);
}

/** Whether the kernel lets a sender choose the id of a transmit stamp (SCM_TS_OPT_ID, Linux 6.13). */
export function probeChosenIds(): boolean {
  return loadAddon<NativeSockets>().probeChosenIds();
}

/** Words of a key for {@link attachSteering}. */
const STEERING_KEY_WORDS = 10;

/** A random key to steer by: who does not know it cannot aim at one worker. */
export function drawSteeringKey(): Int32Array {
  return randomFillSync(new Int32Array(STEERING_KEY_WORDS));
}

/**
 * Steers a reuseport group under a key: by source address one client meets one socket, whatever its port; by flow each of
 * its ports does.
 *
 * @param fd - any member. @param sockets - how many members receive: those opened first, in the order of opening.
 */
export function attachSteering(fd: number, sockets: number, byFlow: boolean, key: Int32Array): void {
  loadAddon<NativeSockets>().attachSteering(fd, sockets, byFlow, key);
}
