/** The addon's load engine: the packet path of `ntpd-ts load`. See addon/load_engine.cc. */
import { loadAddon } from './binding.ts';

/** What a slice of a step ended with. */
export const SLICE_RUNNING = 0;
export const SLICE_DRAINING = 1;
export const SLICE_DONE = 2;
/** ARP or neighbour discovery frames wait in `takeControl`. */
export const SLICE_CONTROL = 3;

export interface RawEngineOptions {
  readonly kind: 'raw';
  readonly interfaceIndex: number;
  /** Hardware queue to send by. */
  readonly queue: number;
  readonly ipv6: boolean;
  /** Send by a packet socket even where AF_XDP works. */
  readonly packetTransmit: boolean;
  /** Client 0's request without checksums, source port and NTP content. */
  readonly frame: Uint8Array;
  /** Length of the client network's prefix: replies to it are kept from the host's stack. */
  readonly prefixBits: number;
  readonly clients: number;
  /** Client c asks from portFirst + (c mod portCount) · portStride. */
  readonly portFirst: number;
  readonly portCount: number;
  readonly portStride: number;
}

export interface SocketEngineOptions {
  readonly kind: 'socket';
  /** 4 or 16 octets. */
  readonly target: Uint8Array;
  readonly targetPort: number;
  /** Interface index of a link-local target, else 0. */
  readonly scope: number;
  /** Addresses to ask from, one after the other, in one array; empty for the kernel's choice. */
  readonly local: Uint8Array;
  /** One socket each. */
  readonly clients: number;
}

export type EngineOptions = RawEngineOptions | SocketEngineOptions;

export interface StepOptions {
  readonly rate: number;
  readonly durationSeconds: number;
  readonly timeoutSeconds: number;
  readonly exponential: boolean;
  readonly clients: number;
  /** Order in which clients ask: each next one is this many further; coprime with `clients`. */
  readonly stride: number;
  readonly abusers: number;
  readonly abuserShare: number;
  readonly crowdStartSeconds: number;
  readonly crowdEndSeconds: number;
  readonly crowdFactor: number;
  /** Requests a second whose transmit stamp is taken. */
  readonly samplesPerSecond: number;
  readonly seed: number;
  /** Kinds of clients in order, repeated: version, plus 8 for interleaved. */
  readonly mix: Uint8Array;
}

export interface EngineDescription {
  /** How requests leave. */
  readonly transmit: 'af_xdp' | 'packet' | 'socket';
  /** Whether replies are kept from the host's own stack. */
  readonly dropsReplies: boolean;
}

export interface LoadEngine {
  /** Starts a step; throws RangeError when rate × timeout is more than the engine can remember. */
  begin(step: StepOptions): void;
  /** Drives the step for at most this long and says how it stands. Throws SystemError when the link died. */
  slice(milliseconds: number): number;
  takeControl(): Uint8Array[];
  sendControl(frame: Uint8Array): void;
  /** Requests per second that the link alone sends in this time, without schedule and accounts. */
  bareRate(milliseconds: number): number;
  describe(): EngineDescription;
  close(): void;
}

interface NativeLoad {
  readonly loadLayout: { readonly counts: number; readonly distributions: number; readonly cells: number };
  readonly LoadEngine: new (
    options: EngineOptions,
    counts: Float64Array,
    sums: Float64Array,
    cells: Uint32Array,
  ) => LoadEngine;
}

/** Sizes of the arrays the engine counts into. */
export function loadLayout(): NativeLoad['loadLayout'] {
  return loadAddon<NativeLoad>().loadLayout;
}

/**
 * Opens an engine. `raw` needs CAP_NET_RAW, CAP_NET_ADMIN and (to keep replies from the host's stack) CAP_BPF; `socket`
 * needs nothing. The arrays have loadLayout's sizes and are written by `slice` and `begin` alone.
 *
 * @throws an Error with `code` and `syscall` when the kernel refuses.
 */
export function openEngine(
  options: EngineOptions,
  counts: Float64Array,
  sums: Float64Array,
  cells: Uint32Array,
): LoadEngine {
  return new (loadAddon<NativeLoad>().LoadEngine)(options, counts, sums, cells);
}
