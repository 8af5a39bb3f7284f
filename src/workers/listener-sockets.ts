import type { BorrowedSocket } from '../native/packet-path.ts';
import { attachSteering, closeSocket, openSocket, type Timestamping } from '../native/packet-socket.ts';

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
 * About 20 ms of what one core answers (250,000/s, some 800 octets charged per small packet and the kernel doubling
 * what is asked): enough for a stall, and so little that in overload answers stay fresh.
 */
export const RECEIVE_BUFFER_OCTETS: number = 2 * 1024 * 1024;

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
 * @throws the system's error (`code`, `syscall`); nothing stays open then.
 */
export function openListener(spec: ListenerSpec, listener: number, workers: number): ListenerSockets {
  const probe = openSocket({ ...spec, receiveBufferOctets: 0 });
  closeSocket(probe.fd);
  const options = {
    ...spec,
    port: probe.port,
    reusePort: true,
    receiveBufferOctets: spec.receiveBufferOctets ?? RECEIVE_BUFFER_OCTETS,
  };
  const perWorker: BorrowedSocket[] = [];
  let granted = 0;
  try {
    for (let worker = 0; worker < workers; worker++) {
      const socket = openSocket(options);
      perWorker.push({ fd: socket.fd, listener, port: socket.port, wildcard: socket.wildcard });
      granted = socket.receiveBufferOctets;
    }
    // By flow is what the kernel does with a group by itself.
    if (workers > 1 && spec.steering !== 'flow') attachSteering((perWorker[0] as BorrowedSocket).fd, workers);
  } catch (error) {
    for (const socket of perWorker) closeSocket(socket.fd);
    throw error;
  }
  return { port: probe.port, perWorker, receiveBufferOctets: granted };
}
