import type { Coordinator } from '../core/coordinator.ts';
import type { ReleaseOutput, RequestOutput } from '../core/coordinator-output.ts';
import type { ClientSocket, ClientSocketEvents, ClientSockets, ClientStamp } from '../native/client-socket.ts';
import type { LocalTimescale } from '../native/local-timescale.ts';

/** An open socket and the exchange that it serves at present. */
interface Line {
  readonly socket: ClientSocket;
  token: number;
}

/** Carries the coordinator's requests to sockets and what comes of them back. */
export class Exchanges {
  private readonly sockets: ClientSockets;
  private readonly timescale: LocalTimescale;
  private readonly coordinator: Coordinator;
  /** To be called after each input that did not come from the coordinator's own outputs. */
  private readonly onInput: () => void;
  private readonly byToken: Map<number, Line> = new Map();
  private readonly sticky: Map<number, Line> = new Map();
  private readonly onRefused: (address: string, code: string) => void;
  /** What was last told of an association that has not answered since. */
  private readonly refused: Map<number, string> = new Map();

  /** @param onRefused - told once why requests to an address cannot be sent or are refused, until it answers. */
  constructor(
    sockets: ClientSockets,
    timescale: LocalTimescale,
    coordinator: Coordinator,
    onInput: () => void,
    onRefused: (address: string, code: string) => void,
  ) {
    this.onRefused = onRefused;
    this.sockets = sockets;
    this.timescale = timescale;
    this.coordinator = coordinator;
    this.onInput = onInput;
  }

  /** Sends a request; what becomes of it is told to the coordinator. */
  send(request: RequestOutput): void {
    const { token } = request;
    try {
      const line = this.lineFor(request);
      const stamp = line.socket.send(request.octets.subarray(0, request.length));
      this.coordinator.requestSent(this.timescale.sample(), token, stamp.local, stamp.source);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === undefined) throw error;
      this.tellRefused(request.associationId, request.address, code);
      this.coordinator.requestFailed(this.timescale.sample(), token, code);
    }
  }

  /** The exchange is over; its socket is closed unless the association goes on using it. */
  release(release: ReleaseOutput): void {
    const line = this.byToken.get(release.token);
    this.byToken.delete(release.token);
    if (release.final) this.refused.delete(release.associationId);
    const kept = this.sticky.get(release.associationId);
    if (kept !== undefined && release.final) {
      this.sticky.delete(release.associationId);
      kept.socket.close();
    }
    if (line !== undefined && line !== kept) line.socket.close();
  }

  /** Ends all exchanges; the coordinator is told nothing. */
  close(): void {
    for (const { socket } of [...this.byToken.values(), ...this.sticky.values()]) socket.close();
    this.byToken.clear();
    this.sticky.clear();
  }

  private lineFor(request: RequestOutput): Line {
    const { token, associationId } = request;
    const kept = this.sticky.get(associationId);
    const line = kept ?? this.open(request);
    line.token = token;
    this.byToken.set(token, line);
    if (request.sticky) this.sticky.set(associationId, line);
    return line;
  }

  private open(request: RequestOutput): Line {
    const [address = '', scope] = request.address.split('%');
    const device = request.bindInterface ?? scope;
    const target = {
      address,
      port: request.port,
      dscp: request.dscp,
      ...(device === undefined ? {} : { interface: device }),
      ...(request.bindAddress === null ? {} : { bindAddress: request.bindAddress }),
    };
    const line: Line = {
      token: request.token,
      socket: this.sockets.open(
        target,
        this.events(() => line.token, request.associationId, address, request.port),
      ),
    };
    return line;
  }

  private events(token: () => number, associationId: number, address: string, port: number): ClientSocketEvents {
    const { coordinator, timescale } = this;
    return {
      onTransmitStamp: (stamp: ClientStamp) => {
        coordinator.requestSent(timescale.sample(), token(), stamp.local, stamp.source);
        this.onInput();
      },
      onDatagram: (octets: Uint8Array, { local, source }: ClientStamp) => {
        const now = timescale.sample();
        this.refused.delete(associationId);
        coordinator.datagramReceived(now, token(), octets, octets.length, local, source, address, port);
        this.onInput();
      },
      onError: (code: string) => {
        this.tellRefused(associationId, address, code);
        coordinator.requestFailed(timescale.sample(), token(), code);
        this.onInput();
      },
    };
  }

  private tellRefused(associationId: number, address: string, code: string): void {
    if (this.refused.get(associationId) === code) return;
    this.refused.set(associationId, code);
    this.onRefused(address, code);
  }
}
