import { createSocket } from 'node:dgram';
import { BatchResponder, type ResponderTables } from '../../src/core/server/batch-responder.ts';
import { DEFAULT_POLICY, type ListenerPolicy } from '../../src/core/server/listener-policy.ts';
import { type BorrowedSocket, PacketPath, type PacketPathOptions } from '../../src/native/packet-path.ts';
import { closeSocket, openSocket, probeChosenIds, type SocketOptions } from '../../src/native/packet-socket.ts';
import { openWakeEvent, signalWakeEvent } from '../../src/native/wake-event.ts';
import { allocateCounters, counterRow, readCounters, type ServerCounters } from '../../src/workers/counters.ts';
import { SystemClockPublisher } from '../../src/workers/system-clock-publisher.ts';
import { TimePage, type TimePublication, unsynchronised } from '../../src/workers/time-page.ts';

/** A time page that serves the system clock at stratum 10, as a test's ground. */
export function localTime(): TimePublication {
  return { ...unsynchronised(), leap: 0, stratum: 10, refid: 0x7f7f_0101, precisionLog2: -25 };
}

/**
 * One worker's packet path on this thread, driven turn by turn, so that a test decides what happens between a
 * packet's arrival and its answer.
 */
export class LoopbackServer {
  readonly page: TimePage = new TimePage();
  readonly publisher: SystemClockPublisher = new SystemClockPublisher(this.page);
  readonly path: PacketPath;
  readonly responder: BatchResponder;
  readonly ports: number[];
  readonly descriptors: number[];
  private readonly memory = allocateCounters(1);
  private readonly sockets: readonly BorrowedSocket[];
  private readonly ownsSockets: boolean;
  private readonly wakeFd = openWakeEvent();

  constructor(
    listeners: readonly Partial<SocketOptions>[] = [{}],
    options: Partial<PacketPathOptions> = {},
    policy: ListenerPolicy = DEFAULT_POLICY,
    tables?: ResponderTables,
  ) {
    const given = options.sockets;
    this.ownsSockets = given === undefined;
    this.sockets =
      given ??
      listeners.map((spec, listener) => {
        const { fd, port, wildcard } = openSocket({ address: '127.0.0.1', port: 0, ...spec });
        return { fd, listener, port, wildcard };
      });
    this.ports = this.sockets.map((socket) => socket.port);
    this.descriptors = this.sockets.map((socket) => socket.fd);
    const row = counterRow(this.memory, 0);
    this.path = new PacketPath({
      sockets: this.sockets,
      wakeFd: this.wakeFd,
      page: new Int32Array(this.page.memory),
      counters: row.all,
      workerIndex: 0,
      workerBits: 0,
      chosenIds: probeChosenIds(),
      correctTransmit: true,
      ...options,
    });
    const { packets, table, copy, txReport } = this.path;
    this.responder = new BatchResponder(
      { packets, table, copy, txReport, counters: row.responder },
      this.sockets.map(() => policy),
      tables,
    );
  }

  /** One turn of the serve loop over what is queued now: receive, answer, send. Returns the packets received. */
  turn(): number {
    signalWakeEvent(this.wakeFd);
    const received = this.path.exchange(0);
    this.responder.answer(received);
    this.path.flush(received);
    return received;
  }

  counters(): ServerCounters {
    return readCounters(this.memory, 0);
  }

  /** Has the path take its sockets anew, as after a reload that gave them other options. */
  reuseSockets(): void {
    this.path.useSockets(this.sockets);
  }

  /** Another path over the same sockets, as a lost worker's successor has it; this one is to be used no more. */
  succeed(options: Partial<PacketPathOptions> = {}): LoopbackServer {
    return new LoopbackServer([], { ...options, sockets: this.sockets });
  }

  close(): void {
    closeSocket(this.wakeFd);
    if (this.ownsSockets) for (const socket of this.sockets) closeSocket(socket.fd);
  }
}

function ignore(): void {}

/** A plain client socket that keeps what it receives. */
export class LoopbackClient {
  readonly received: { octets: Uint8Array; address: string; port: number }[] = [];
  private readonly socket;

  private constructor(type: 'udp4' | 'udp6') {
    this.socket = createSocket(type);
    this.socket.on('message', (octets, from) => {
      this.received.push({ octets: new Uint8Array(octets), address: from.address, port: from.port });
    });
  }

  static async open(address = '127.0.0.1', port = 0): Promise<LoopbackClient> {
    const client = new LoopbackClient(address.includes(':') ? 'udp6' : 'udp4');
    await new Promise<void>((resolve) => client.socket.bind(port, address, resolve));
    return client;
  }

  get port(): number {
    return this.socket.address().port;
  }

  async send(octets: Uint8Array, port: number, address = '127.0.0.1'): Promise<void> {
    await new Promise<void>((resolve, reject) =>
      this.socket.send(octets, port, address, (error) => (error ? reject(error) : resolve())),
    );
  }

  /** Sends without waiting; what does not fit into the queues is lost. */
  post(octets: Uint8Array, port: number, address = '127.0.0.1'): void {
    this.socket.send(octets, port, address, ignore);
  }

  /** Waits until `count` datagrams have come in all; fails after five seconds. */
  async expect(count: number): Promise<void> {
    const end = Date.now() + 5000;
    while (this.received.length < count) {
      if (Date.now() > end) throw new Error(`${this.received.length} of ${count} replies came`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  close(): void {
    this.socket.close();
  }
}

/** The NTP time at an octet offset of a packet, in seconds since the NTP epoch (to some 0.2 µs). */
export function ntpSeconds(packet: Uint8Array, at: number): number {
  const view = new DataView(packet.buffer, packet.byteOffset);
  return view.getUint32(at) + view.getUint32(at + 4) / 2 ** 32;
}
