import type { LocalEpoch } from './ports.ts';

/**
 * What survives a restart, as plain JSON for the driver to write. Local times in it are on the timescale named by
 * `timescaleId`; wall times are NTP seconds of `epoch` + local time, good to a second or so.
 */
export interface SavedHistory {
  readonly version: 1;
  readonly timescaleId: string;
  readonly timescaleOriginSeconds: number;
  readonly epoch: LocalEpoch;
  readonly sources: readonly SavedSource[];
}

export interface SavedSource {
  readonly address: string;
  readonly port: number;
  /** Raised for good by RATE kisses. */
  readonly pollLog2Min: number;
  /** When we last began a burst at this address, wall seconds; null: never. */
  readonly burstWallSeconds: number | null;
  /** Recent samples, oldest first: [atLocal, upSeconds, downSeconds, precisionSeconds, durationSeconds]. */
  readonly samples: readonly (readonly [number, number, number, number, number])[];
}
