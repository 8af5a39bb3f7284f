import { COPY_WORDS } from '../core/server/page.ts';
import { PHC_PAGE_WORDS } from '../core/server/phc-page.ts';
import { SLOT_WORDS, TX_REPORT_WORDS } from '../core/server/slot.ts';
import { loadAddon } from './binding.ts';
import type { KeyRing } from './key-ring.ts';

/** A socket as a worker borrows it. */
export interface BorrowedSocket {
  readonly fd: number;
  /**
   * A second socket of the same address that replies leave by, so that transmit stamps are not lost to a full receive
   * queue; the same one when left out.
   */
  readonly transmitFd?: number;
  readonly listener: number;
  /** SMEAR_* of its listener; none when left out. */
  readonly smear?: number;
  readonly port: number;
  readonly wildcard: boolean;
}

export interface PacketPathOptions {
  readonly sockets: readonly BorrowedSocket[];
  /** Eventfd that ends a wait. */
  readonly wakeFd: number;
  /** The time page (Int32Array over a SharedArrayBuffer). */
  readonly page: Int32Array;
  /** The page of network cards' clocks (Int32Array over a SharedArrayBuffer); without it T2 is the kernel's. */
  readonly phcPage?: Int32Array;
  /** This worker's row; the first NATIVE_COUNTERS are the addon's. */
  readonly counters: Float64Array;
  readonly workerIndex: number;
  /** Bits of a receive stamp that name the worker: 2^workerBits is above every index. */
  readonly workerBits: number;
  /** Whether ids of transmit stamps can be chosen (probeChosenIds). */
  readonly chosenIds: boolean;
  /** Whether T3 is corrected by what transmit stamps teach. */
  readonly correctTransmit: boolean;
  /** This worker's row of the standing map, where there is a filter. */
  readonly standing?: Int32Array;
  /** Packets per batch. */
  readonly capacity?: number;
}

interface NativePath {
  exchange(replies: number): number;
  flush(replies: number): void;
  echo(milliseconds: number): number;
  useKeys(keys: object | null): void;
  useSockets(sockets: readonly object[]): void;
}

interface NativePaths {
  PacketPath: new (options: object) => NativePath;
  replayDelays(samples: Float64Array, nowMs: number): ReplayedDelays;
  replayStamps(stamps: Int32Array, workerIndex: number, workerBits: number, precisionLog2: number): void;
}

/** Packets read per exchange; above this the gain is below the noise (bench/loop). */
export const BATCH_PACKETS = 64;

/**
 * Octets per slot: the largest packet that anyone sends us with NTS fields, and one cache line more than a power of
 * two, so that the heads of all slots do not fall into the same lines of the cache.
 */
export const SLOT_OCTETS: number = 2048 + 64;

/**
 * A worker's packet path: memory, borrowed sockets, and the exchange that fills one from the other. Bound to the
 * thread that made it. The views stay valid, and their contents change only within `exchange` and `flush`.
 */
export class PacketPath {
  readonly packets: DataView;
  /** The memory under `packets`, for a KeyRing. */
  readonly arena: Uint8Array;
  readonly table: Int32Array;
  readonly copy: DataView;
  /** TX_REPORT_WORDS words per row; the copy's COPY_TX_REPORTS says how many the last exchange filled. */
  readonly txReport: Int32Array;
  private readonly path: NativePath;
  private readonly chosenIds: boolean;

  constructor(options: PacketPathOptions) {
    const capacity = options.capacity ?? BATCH_PACKETS;
    this.arena = new Uint8Array(new ArrayBuffer(capacity * SLOT_OCTETS));
    this.table = new Int32Array(new ArrayBuffer(capacity * SLOT_WORDS * 4));
    const copy = new Int32Array(new ArrayBuffer(COPY_WORDS * 4));
    this.txReport = new Int32Array(new ArrayBuffer(4 * capacity * TX_REPORT_WORDS * 4));
    this.packets = new DataView(this.arena.buffer);
    this.copy = new DataView(copy.buffer);
    this.path = new (loadAddon<NativePaths>().PacketPath)({
      arena: this.arena,
      table: this.table,
      copy,
      txReport: this.txReport,
      page: options.page,
      phcPage: options.phcPage ?? new Int32Array(new ArrayBuffer(PHC_PAGE_WORDS * 4)),
      counters: options.counters,
      ...(options.standing === undefined ? {} : { standing: options.standing }),
      capacity,
      slotOctets: SLOT_OCTETS,
      wakeFd: options.wakeFd,
      workerIndex: options.workerIndex,
      workerBits: options.workerBits,
      correctTransmit: options.correctTransmit,
      sockets: options.sockets.map((socket) => ({ ...socket, chosenIds: options.chosenIds })),
    });
    this.chosenIds = options.chosenIds;
  }

  /**
   * Sends the replies standing in the first `replies` slots, collects transmit stamps, waits (500 ms at most, or until
   * woken) and reads the next packets into the slots from 0 on.
   *
   * @returns how many were read; the copy of the time page is then that of this moment.
   */
  exchange(replies: number): number {
    return this.path.exchange(replies);
  }

  /** Sends without waiting for more: the last call of a worker that stops. */
  flush(replies: number): void {
    this.path.flush(replies);
  }

  /** Sends every datagram back as it came, natively, for so long or until woken: the yardstick of the benchmarks. */
  echo(milliseconds: number): number {
    return this.path.echo(milliseconds);
  }

  /** Seals replies with these keys from now on; they must lie over `arena`. */
  useKeys(keys: KeyRing | null): void {
    this.path.useKeys(keys === null ? null : keys.native);
  }

  /** Borrows these sockets from now on, those that stay among them. No reply may be waiting: flush first. */
  useSockets(sockets: readonly BorrowedSocket[]): void {
    this.path.useSockets(sockets.map((socket) => ({ ...socket, chosenIds: this.chosenIds })));
  }
}

/**
 * Places that the correction of T3 tells apart: alone after a long wait, alone and first in a batch, alone and later,
 * then those of a chunk.
 */
export const PLACE_IDLE = 0;
export const PLACE_FIRST = 1;
export const PLACE_LATER = 2;
export const PLACE_CHUNK = 3;

/** What a reply at a place of the send taught about delays in nanoseconds. */
export type DelaySample = { readonly atMs: number; readonly place: number } & (
  | { readonly askedNs: number; readonly restNs?: number }
  | { readonly plainCallNs: number }
);

export interface ReplayedDelays {
  /** What would be added to a clock reading for a reply that asks for its transmit stamp, by place. */
  readonly askedNs: readonly number[];
  /** The same for a reply that does not ask. */
  readonly plainNs: readonly number[];
  /** Spread of the places of replies that go alone. */
  readonly spreadNs: number;
  /** How many replies a chunk may have: the places from its first on that are known; all where nothing is learned. */
  readonly chunkPlacesKnown: number;
}

/** What the correction of T3 makes of samples: what the packet path does with transmit stamps, without a socket. */
export function replayDelays(samples: readonly DelaySample[], nowMs: number): ReplayedDelays {
  const rows = samples.map((sample) => {
    if ('askedNs' in sample) return [0, sample.place, sample.askedNs, sample.restNs ?? 0, sample.atMs];
    return [1, sample.place, sample.plainCallNs, 0, sample.atMs];
  });
  return loadAddon<NativePaths>().replayDelays(new Float64Array(rows.flat()), nowMs);
}

/**
 * The receive stamps that a worker would give for instants one after the other: what the packet path does, without a
 * socket.
 *
 * @param stamps - seconds and fraction of each instant; changed in place.
 */
export function replayStamps(stamps: Int32Array, workerIndex: number, workerBits: number, precisionLog2: number): void {
  loadAddon<NativePaths>().replayStamps(stamps, workerIndex, workerBits, precisionLog2);
}
