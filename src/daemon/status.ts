import type { CoordinatorStatus } from '../core/status.ts';
import type { ServerCounters } from '../workers/counters.ts';

/** What `ntpd-ts status --json` prints: plain JSON, seconds and counts. */
export interface DaemonStatus {
  readonly version: string;
  readonly pid: number;
  readonly uptimeSeconds: number;
  /** What replies say. */
  readonly served: ServedStatus;
  readonly server: ServerStatus;
  /** Null when no source is configured. */
  readonly synchronization: CoordinatorStatus | null;
}

export interface ServedStatus {
  readonly leap: number;
  readonly stratum: number;
  /** As people read it: an address, or a name at stratum 1. */
  readonly refid: string;
  readonly rootDelaySeconds: number;
  readonly rootDispersionSeconds: number;
  readonly precisionLog2: number;
}

export interface ServerStatus {
  readonly listeners: readonly string[];
  readonly workers: number;
  /** Workers that ended without being asked to and were replaced. */
  readonly workersLost: number;
  readonly counters: ServerCounters | null;
}
