import { getSystemErrorName } from 'node:util';
import type { LocalSeconds } from '../core/ports.ts';
import { STAMP_KERNEL } from '../core/server/slot.ts';
import { loadAddon } from './binding.ts';
import { SAMPLE_MONO, SAMPLE_RAW, SAMPLE_REAL, SAMPLE_WORDS } from './clock-sample.ts';
import type { LocalTimescale } from './local-timescale.ts';

/** Where to send requests, and from where. */
export interface ClientTarget {
  /** IPv4 or IPv6 literal, without scope. */
  readonly address: string;
  readonly port: number;
  /** Interface to send through; also the scope of a link-local address. */
  readonly interface?: string;
  /** Local address to send from. */
  readonly bindAddress?: string;
  readonly dscp?: number;
}

/** An instant on two clocks, and who stamped it. */
export interface ClientStamp {
  readonly source: 'daemon' | 'kernel';
  /** CLOCK_REALTIME, Unix seconds and nanoseconds. */
  readonly realSeconds: number;
  readonly realNs: number;
  /** On the sockets' local timescale. */
  readonly local: LocalSeconds;
}

/** What a client socket tells its owner. No callback runs within `open`, `send` or `close`. */
export interface ClientSocketEvents {
  /** A datagram; `octets` is valid until the callback returns. */
  onDatagram(octets: Uint8Array, stamp: ClientStamp): void;
  /** The kernel's stamp of a request has come; before the reply, as a rule. */
  onTransmitStamp(stamp: ClientStamp): void;
  /** The network refused the request: the name of the error, e.g. ECONNREFUSED. */
  onError(code: string): void;
}

interface NativeClientSockets {
  open(target: ClientTarget): number;
  send(fd: number, octets: Uint8Array, record: Float64Array): number;
  receive(fd: number, octets: Uint8Array, record: Float64Array): number;
  transmitStamp(fd: number, record: Float64Array): number;
  close(fd: number): void;
  dispose(): void;
}

interface ClientSocketAddon {
  ClientSockets: new (onReady: (fd: number) => void) => NativeClientSockets;
}

/** Words of a stamp record (addon/client_socket.cc): source, CLOCK_REALTIME, then a clock sample. */
const RECORD_SOURCE = 0;
const RECORD_SECONDS = 1;
const RECORD_NS = 2;
const RECORD_SAMPLE = 3;
const RECORD_WORDS = RECORD_SAMPLE + SAMPLE_WORDS;
/** Readings of one mapping differ by less: two clocks read one after the other, and rounding at this size. */
const MAPPING_TOLERANCE_NS = 2000;
const DATAGRAM_OCTETS = 2048;
/** Datagrams read at once from one socket before the others get their turn. */
const READ_MAX = 16;

/** All client sockets of this thread. They do not keep the event loop alive; timers of their users do. */
export class ClientSockets {
  private readonly timescale: LocalTimescale;
  private readonly native: NativeClientSockets;
  private readonly sockets: Map<number, ClientSocket> = new Map();
  private readonly record: Float64Array = new Float64Array(new ArrayBuffer(RECORD_WORDS * 8));
  /** CLOCK_REALTIME − CLOCK_MONOTONIC, ns, at the last stamp; changes when the clock is set. */
  private mappingNs = Number.NaN;
  private readonly datagram: Uint8Array = new Uint8Array(new ArrayBuffer(DATAGRAM_OCTETS));

  constructor(timescale: LocalTimescale) {
    this.timescale = timescale;
    const { ClientSockets: Native } = loadAddon<ClientSocketAddon>();
    this.native = new Native((fd) => this.drain(fd));
  }

  /**
   * Opens a socket on a fresh random port, connected to its target.
   *
   * @throws an Error with `code` and `syscall` when the kernel refuses (no route, no such interface, …).
   */
  open(target: ClientTarget, events: ClientSocketEvents): ClientSocket {
    const fd = this.native.open(target);
    const socket = new ClientSocket(this, fd, events);
    this.sockets.set(fd, socket);
    return socket;
  }

  /** Closes all sockets; nothing is called back any more. */
  dispose(): void {
    for (const socket of [...this.sockets.values()]) socket.close();
    this.native.dispose();
  }

  /** @internal */
  send(fd: number, octets: Uint8Array): ClientStamp {
    const sent = this.native.send(fd, octets, this.record);
    if (sent < 0)
      throw Object.assign(new Error(`send: ${errnoName(-sent)}`), { code: errnoName(-sent), syscall: 'send' });
    return this.stamp();
  }

  /** @internal */
  close(fd: number): void {
    this.sockets.delete(fd);
    this.native.close(fd);
  }

  /** Hands over everything a socket has; it may be closed by any of the callbacks. */
  private drain(fd: number): void {
    const socket = this.sockets.get(fd);
    if (socket === undefined) return;
    for (let i = 0; i < READ_MAX && this.sockets.get(fd) === socket; i++) {
      const result = this.native.transmitStamp(fd, this.record);
      if (result === 0) break;
      if (result > 0) socket.events.onTransmitStamp(this.stamp());
      else socket.events.onError(errnoName(-result));
    }
    for (let i = 0; i < READ_MAX && this.sockets.get(fd) === socket; i++) {
      const length = this.native.receive(fd, this.datagram, this.record);
      if (length === 0) break;
      if (length > 0) socket.events.onDatagram(this.datagram.subarray(0, length), this.stamp());
      // A negative length repeats what the error queue has said.
    }
  }

  /**
   * The record as an object: the stamp's age on CLOCK_REALTIME, taken back from the raw clock read beside it. When
   * the clock was set since the last stamp, this one may be from before: the moment of reading takes its place.
   */
  private stamp(): ClientStamp {
    const at = (word: number): number => this.record[word] as number;
    const since = (word: number, seconds: number, ns: number): number =>
      at(RECORD_SAMPLE + word) - seconds + (at(RECORD_SAMPLE + word + 1) - ns) / 1e9;
    const nowLocal = this.timescale.localAt(at(RECORD_SAMPLE + SAMPLE_RAW), at(RECORD_SAMPLE + SAMPLE_RAW + 1));
    const mappingNs = since(SAMPLE_REAL, at(RECORD_SAMPLE + SAMPLE_MONO), at(RECORD_SAMPLE + SAMPLE_MONO + 1)) * 1e9;
    const wasSet = Math.abs(mappingNs - this.mappingNs) > MAPPING_TOLERANCE_NS;
    this.mappingNs = mappingNs;
    const [realSeconds, realNs] = [at(RECORD_SECONDS), at(RECORD_NS)];
    const ageSeconds = since(SAMPLE_REAL, realSeconds, realNs);
    if (at(RECORD_SOURCE) === STAMP_KERNEL && !wasSet && ageSeconds >= 0) {
      return { source: 'kernel', realSeconds, realNs, local: nowLocal - this.timescale.rate * ageSeconds };
    }
    const [nowSeconds, nowNs] = [at(RECORD_SAMPLE + SAMPLE_REAL), at(RECORD_SAMPLE + SAMPLE_REAL + 1)];
    return { source: 'daemon', realSeconds: nowSeconds, realNs: nowNs, local: nowLocal };
  }
}

/** One socket, connected to one server. */
export class ClientSocket {
  readonly events: ClientSocketEvents;
  private readonly owner: ClientSockets;
  private fd: number;

  constructor(owner: ClientSockets, fd: number, events: ClientSocketEvents) {
    this.owner = owner;
    this.fd = fd;
    this.events = events;
  }

  /**
   * Sends a request.
   *
   * @returns the daemon's own stamp from just before; the kernel's follows through `onTransmitStamp`.
   * @throws an Error with `code` when the kernel refuses.
   */
  send(octets: Uint8Array): ClientStamp {
    return this.owner.send(this.fd, octets);
  }

  /** Safe to call twice. */
  close(): void {
    if (this.fd >= 0) this.owner.close(this.fd);
    this.fd = -1;
  }
}

function errnoName(errno: number): string {
  return getSystemErrorName(-errno);
}
