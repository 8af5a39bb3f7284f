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
  /** The lowest poll interval that a RATE kiss left us with; null: there was none. */
  readonly requestedPollLog2Min: number | null;
  /** When we last began a burst at this address, wall seconds; null: never. */
  readonly burstWallSeconds: number | null;
  /** Recent samples, oldest first. */
  readonly samples: readonly SavedSample[];
}

/**
 * atLocal, upSeconds, downSeconds, precisionSeconds, durationSeconds as in `Sample`, and the root distance that the
 * source had when it answered.
 */
export type SavedSample = readonly [number, number, number, number, number, number];
