/** What `ntpd-ts status` shows: plain JSON, every absent figure null. */
export interface CoordinatorStatus {
  readonly clock: ClockStatus;
  readonly sources: readonly SourceStatus[];
  /** Names still without an address, with the reason. */
  readonly unresolved: readonly { readonly name: string; readonly reason: string }[];
  /** Last actions on the clock, newest last, each a sentence. */
  readonly actions: readonly { readonly atLocal: number; readonly message: string }[];
}

export interface ClockStatus {
  /** `starting`, `synchronised`, `holdover`, `withdrawn`, `local`. */
  readonly state: ClockState;
  readonly reason: string;
  readonly leap: number;
  readonly stratum: number;
  readonly refid: number;
  /** Address of the system peer. */
  readonly systemPeer: string | null;
  readonly frequencyPpm: number | null;
  readonly frequencySigmaPpm: number | null;
  /** What the clock has still to be corrected by; positive: it is behind. */
  readonly correctionSeconds: number | null;
  readonly estimatedErrorSeconds: number | null;
  readonly maximumErrorSeconds: number | null;
  readonly rootDelaySeconds: number;
  readonly rootDispersionSeconds: number;
  /** Sources missing to an agreeing selection; 0 when there is one. */
  readonly agreeingMissing: number;
  readonly lastUpdateAgoSeconds: number | null;
  readonly steps: number;
  readonly accumulatedStepSeconds: number;
  readonly leapEventSeconds: number;
  readonly leapSign: number;
}

export type ClockState = 'starting' | 'synchronised' | 'holdover' | 'withdrawn' | 'local';

export interface SourceStatus {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly mode: 'server' | 'pool';
  /** Selection's verdict (selection/state.ts) and one sentence why. */
  readonly state: string;
  readonly reason: string;
  readonly online: boolean;
  /** Eight polls, newest in bit 0. */
  readonly reach: number;
  readonly pollLog2: number;
  readonly stratum: number;
  readonly leap: number;
  readonly refid: number;
  readonly interleaved: boolean;
  readonly authenticated: boolean;
  readonly lastSampleAgoSeconds: number | null;
  /** Clock against this source now; positive: our clock is behind it. */
  readonly offsetSeconds: number | null;
  readonly offsetSigmaSeconds: number | null;
  /** The shortest round trip of late. */
  readonly delaySeconds: number | null;
  readonly jitterSeconds: number | null;
  readonly frequencyPpm: number | null;
  readonly rootDistanceSeconds: number | null;
  readonly rootDelaySeconds: number;
  readonly rootDispersionSeconds: number;
  /** Replies by verdict (association/verdict.ts), requests sent, samples used. */
  readonly counters: Readonly<Record<string, number>>;
}
