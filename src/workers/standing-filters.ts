import { LABEL_IPV4, LABEL_IPV6_SUBNET } from '../core/server/rate-limit.ts';
import { STANDING_ROW_WORDS } from '../core/server/standing-rows.ts';
import { closeSocket } from '../native/packet-socket.ts';
import { createStandingMap, loadStandingFilter, mapStanding } from '../native/standing-filter.ts';

/** Sets of the map: 1,048,576 clients in 8 MiB, for the whole machine. */
const SETS = 2 ** 17;

/** What a worker borrows: plain data. */
export interface StandingShare {
  /** Descriptor of the map, its sets and rows. */
  readonly map: number;
  readonly sets: number;
  readonly rows: number;
  /** Descriptor of the worker's own filter. */
  readonly program: number;
}

/** The map of clients in good standing, and a filter for each worker. The coordinator owns the descriptors. */
export class StandingFilters {
  private readonly map: number;
  private readonly programs: readonly number[];

  /**
   * @param hashKey - of the workers' gates.
   * @throws an Error with `code`, `errno` and `syscall`: EPERM without CAP_BPF. Nothing stays open then.
   */
  constructor(workers: number, hashKey: readonly [number, number]) {
    const programs: number[] = [];
    this.map = createStandingMap(SETS + workers);
    this.programs = programs;
    const made = { map: this.map, sets: SETS, hashKey, labelV4: LABEL_IPV4, labelV6: LABEL_IPV6_SUBNET };
    try {
      for (let worker = 0; worker < workers; worker++) programs.push(loadStandingFilter({ ...made, worker }));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  share(worker: number): StandingShare {
    const { map, programs } = this;
    return { map, sets: SETS, rows: SETS + programs.length, program: programs[worker] as number };
  }

  close(): void {
    for (const fd of [...this.programs, this.map]) closeSocket(fd);
  }
}

/** The filters for overload, or why there are none: the kernel is too old or does not let us. */
export function openFilters(workers: number, hashKey: readonly [number, number]): StandingFilters | Error {
  try {
    return new StandingFilters(workers, hashKey);
  } catch (error) {
    return error as Error;
  }
}

/** The map's memory as a worker sees it: all clients, and its own row. */
export function mapShare(share: StandingShare, worker: number): { clients: Int32Array; row: Int32Array } {
  const words = mapStanding(share.map, share.rows);
  const at = (share.sets + worker) * STANDING_ROW_WORDS;
  return {
    clients: words.subarray(0, share.sets * STANDING_ROW_WORDS),
    row: words.subarray(at, at + STANDING_ROW_WORDS),
  };
}
