import { STANDING_ROW_WORDS } from '../core/server/standing-rows.ts';
import { loadAddon } from './binding.ts';

interface NativeStanding {
  createStandingMap(rows: number): number;
  mapStanding(fd: number, rows: number): ArrayBuffer;
  loadStandingFilter(options: object): number;
  attachSocketFilter(fd: number, program: number): void;
  detachSocketFilter(fd: number): void;
}

/** What a filter is made for. */
export interface StandingFilterOptions {
  /** Descriptor of the map. */
  readonly map: number;
  /** Sets of the map, a power of two. */
  readonly sets: number;
  /** Whose row of the map it reads and counts in. */
  readonly worker: number;
  /** Key of the hash of clients, and its labels for their two families. */
  readonly hashKey: readonly [number, number];
  readonly labelV4: number;
  readonly labelV6: number;
}

/** KeyedHash's length of a message, which stands above the label. */
const MESSAGE_LENGTH = 9 << 24;

/**
 * Creates the standing map: rows of STANDING_ROW_WORDS words, all zero.
 *
 * @returns its descriptor, to be closed with closeSocket.
 * @throws an Error with `code`, `errno` and `syscall`: EPERM without CAP_BPF.
 */
export function createStandingMap(rows: number): number {
  return loadAddon<NativeStanding>().createStandingMap(rows);
}

/** The map's words, shared with the kernel and every other mapping; the descriptor may be closed. */
export function mapStanding(fd: number, rows: number): Int32Array {
  return new Int32Array(loadAddon<NativeStanding>().mapStanding(fd, rows), 0, rows * STANDING_ROW_WORDS);
}

/**
 * Loads the filter of a worker.
 *
 * @returns the descriptor of the program, to be closed with closeSocket.
 * @throws an Error with `code`, `errno` and `syscall`.
 */
export function loadStandingFilter(options: StandingFilterOptions): number {
  const { map, sets, worker, hashKey } = options;
  return loadAddon<NativeStanding>().loadStandingFilter({
    map,
    sets,
    worker,
    hashLow: hashKey[0] >>> 0,
    hashHigh: hashKey[1] >>> 0,
    labelV4: MESSAGE_LENGTH | options.labelV4,
    labelV6: MESSAGE_LENGTH | options.labelV6,
  });
}

/** Puts a filter before the queue of a socket; another one there is replaced. Needs no privilege. */
export function attachSocketFilter(fd: number, program: number): void {
  loadAddon<NativeStanding>().attachSocketFilter(fd, program);
}

/** Takes the filter of a socket away, if there is one. */
export function detachSocketFilter(fd: number): void {
  loadAddon<NativeStanding>().detachSocketFilter(fd);
}
