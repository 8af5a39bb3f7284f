import type { BorrowedSocket } from '../native/packet-path.ts';
import {
  adjustSocket,
  attachSteering,
  closeSocket,
  drawSteeringKey,
  type OpenSocket,
  openSocket,
  type SocketOptions,
  type Timestamping,
} from '../native/packet-socket.ts';

/** One address to serve on, as the coordinator wants it opened. */
export interface ListenerSpec {
  readonly address: string;
  readonly port: number;
  readonly interface?: string;
  readonly freebind?: boolean;
  readonly dscp?: number;
  readonly timestamping?: Timestamping;
  /** Whether a client is led to its worker by address alone (the default), or by address and port. */
  readonly steering?: 'address' | 'flow';
  /** Octets of receive queue per socket; RECEIVE_BUFFER_OCTETS by default. */
  readonly receiveBufferOctets?: number;
}

/**
 * About 20 ms of what one core answers: 5,300 at 265,000/s. A small packet is charged with 800 octets where the driver
 * copies it and with up to twice that where it does not, and the kernel doubles what is asked. Enough for a stall, and so
 * little that in overload answers stay fresh.
 */
export const RECEIVE_BUFFER_OCTETS: number = 3 * 1024 * 1024;

/** A listener's sockets, one per worker in the order of their indices. */
export interface ListenerSockets {
  readonly port: number;
  readonly perWorker: readonly BorrowedSocket[];
  /** What the kernel granted; below what was asked means that net.core.rmem_max stands in the way. */
  readonly receiveBufferOctets: number;
}

/**
 * Opens a listener: first without sharing the port, so that another daemon on it is noticed; then one socket per
 * worker in index order, steered by source address.
 *
 * @param isPortOurs - we hold the port ourselves, for another listener: it is shared from the beginning.
 * @param steeringKey - listeners with the same one lead a client to the same worker.
 * @throws the system's error (`code`, `syscall`); nothing stays open then.
 */
export function openListener(
  spec: ListenerSpec,
  listener: number,
  workers: number,
  isPortOurs = false,
  steeringKey: Int32Array = drawSteeringKey(),
): ListenerSockets {
  let { port } = spec;
  if (!isPortOurs) {
    const probe = openSocket({ ...spec, receiveBufferOctets: 0 });
    closeSocket(probe.fd);
    port = probe.port;
  }
  const options = {
    ...spec,
    port,
    reusePort: true,
    receiveBufferOctets: spec.receiveBufferOctets ?? RECEIVE_BUFFER_OCTETS,
  };
  const perWorker: BorrowedSocket[] = [];
  const opened: number[] = [];
  let granted = 0;
  try {
    const receiving = Array.from({ length: workers }, () => openCounted(options, opened));
    attachSteering((receiving[0] as OpenSocket).fd, workers, spec.steering === 'flow', steeringKey);
    // By the order of opening these are beyond the members that steering knows: no request ever comes to them.
    const transmitting = receiving.map(() => openCounted(options, opened).fd);
    for (const [worker, { fd, port, wildcard, receiveBufferOctets }] of receiving.entries()) {
      perWorker.push({ fd, transmitFd: transmitting[worker] as number, listener, port, wildcard });
      granted = receiveBufferOctets;
    }
  } catch (error) {
    for (const fd of opened) closeSocket(fd);
    throw error;
  }
  return { port, perWorker, receiveBufferOctets: granted };
}

function openCounted(options: SocketOptions, opened: number[]): OpenSocket {
  const socket = openSocket(options);
  opened.push(socket.fd);
  return socket;
}

/**
 * Gives the open sockets of a listener the options of another specification of the same endpoint. No queue is
 * touched, so no request is lost. `freebind` only matters when a socket is opened.
 *
 * @returns what the kernel granted of the receive buffer.
 * @throws the system's error; the sockets then have the options from before.
 */
export function adjustListener(
  sockets: ListenerSockets,
  before: ListenerSpec,
  after: ListenerSpec,
  steeringKey: Int32Array,
): number {
  const give = (spec: ListenerSpec): number => {
    const options = { ...spec, receiveBufferOctets: spec.receiveBufferOctets ?? RECEIVE_BUFFER_OCTETS };
    let granted = 0;
    for (const { fd, transmitFd } of sockets.perWorker) {
      granted = adjustSocket(fd, options);
      if (transmitFd !== undefined) adjustSocket(transmitFd, options);
    }
    const isByFlow = spec.steering === 'flow';
    if (isByFlow !== (before.steering === 'flow')) {
      attachSteering((sockets.perWorker[0] as BorrowedSocket).fd, sockets.perWorker.length, isByFlow, steeringKey);
    }
    return granted;
  };
  try {
    return give(after);
  } catch (error) {
    give(before);
    throw error;
  }
}

/** Closes a listener's sockets. */
export function closeListener(sockets: ListenerSockets): void {
  for (const { fd, transmitFd } of sockets.perWorker) {
    if (transmitFd !== undefined) closeSocket(transmitFd);
    closeSocket(fd);
  }
}
