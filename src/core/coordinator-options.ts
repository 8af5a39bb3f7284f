import type { LeapState } from './discipline/leap.ts';
import type { StepsMade } from './discipline/step-limits.ts';
import type { ClockPort, LocalEpoch, Random } from './ports.ts';
import type { SavedHistory } from './saved-history.ts';

/** One `[[source]]`, defaults filled in. */
export interface SourceOptions {
  readonly mode: 'server' | 'pool';
  /** Name or numeric address, as configured; shown to the operator and resolved by the driver. */
  readonly address: string;
  readonly port: number;
  /** Pool: how many members to follow. */
  readonly count: number;
  /** Pool: numeric addresses that are never used. */
  readonly ignore: readonly string[];
  /** Bounds of the poll interval, log2 seconds, and where it starts. */
  readonly pollLog2Min: number;
  readonly pollLog2Max: number;
  readonly pollLog2Initial: number;
  /** Added to every measured offset (positive: the source is behind true time by so much). */
  readonly offsetSeconds: number;
  /** Share of the round trip by which the way there exceeds a half, −0.5…0.5. */
  readonly asymmetry: number;
  /** Samples with a longer or shorter round trip are not used. */
  readonly delaySecondsMax: number;
  readonly delaySecondsMin: number;
  readonly stratumMax: number;
  readonly bindAddress: string | null;
  readonly bindInterface: string | null;
  readonly dscp: number;
  /** Asks for interleaved replies where they help, and falls back when the server does not have them. */
  readonly interleaved: boolean;
  readonly sourcePort: 'fresh' | 'sticky';
  readonly prefer: boolean;
  readonly trust: boolean;
  readonly require: boolean;
  readonly noselect: boolean;
}

export const SOURCE_DEFAULTS: SourceOptions = {
  mode: 'server',
  address: '',
  port: 123,
  count: 4,
  ignore: [],
  pollLog2Min: 4,
  pollLog2Max: 10,
  pollLog2Initial: 4,
  offsetSeconds: 0,
  asymmetry: 0,
  delaySecondsMax: 3,
  delaySecondsMin: 0,
  stratumMax: 15,
  bindAddress: null,
  bindInterface: null,
  dscp: 0,
  interleaved: true,
  sourcePort: 'fresh',
  prefer: false,
  trust: false,
  require: false,
  noselect: false,
};

/** A limit for steps, seconds, per direction; Infinity: no limit. */
export interface StepThreshold {
  readonly forwardSeconds: number;
  readonly backwardSeconds: number;
}

/** `[synchronization]`, defaults filled in. */
export interface SynchronizationOptions {
  /** Smallest agreeing set that may be followed; it also has to be a strict majority of the fit sources. */
  readonly minimumAgreeingSources: number;
  /** The first step, any later step, and the sum of all steps: beyond these the clock is not touched and exit 70 asked for. */
  readonly startupStepPanicThreshold: StepThreshold;
  readonly singleStepPanicThreshold: StepThreshold;
  readonly accumulatedStepPanicThreshold: StepThreshold;
  /** Largest offset that is slewed, seconds. */
  readonly stepThresholdSeconds: number;
  /** Fastest slew, s/s. */
  readonly slewRateMax: number;
  /** Root distance beyond which a source is unfit and we withdraw, seconds. */
  readonly distanceSecondsMax: number;
  /** Stratum served without sources (1–15), and how long to wait for them first; null: none. */
  readonly localStratum: number | null;
  readonly localWaitSeconds: number;
  /** Refid served with `localStratum`, 32-bit word. */
  readonly localRefid: number;
  /** `kernel`: the clock port inserts or deletes the second; `step`: we step; `slew`: spread over the time after it. */
  readonly leapMode: 'kernel' | 'step' | 'slew';
}

export const SYNCHRONIZATION_DEFAULTS: SynchronizationOptions = {
  minimumAgreeingSources: 3,
  startupStepPanicThreshold: { forwardSeconds: Infinity, backwardSeconds: 86_400 },
  singleStepPanicThreshold: { forwardSeconds: 1000, backwardSeconds: 1000 },
  accumulatedStepPanicThreshold: { forwardSeconds: Infinity, backwardSeconds: Infinity },
  stepThresholdSeconds: 0.5,
  slewRateMax: 500e-6,
  distanceSecondsMax: 1,
  localStratum: null,
  localWaitSeconds: 300,
  localRefid: 0x7f7f0101,
  leapMode: 'kernel',
};

/** An entry of leap-seconds.list: from `atSeconds` (NTP) on TAI − UTC is `taiMinusUtc`. */
export interface LeapEntry {
  readonly atSeconds: number;
  readonly taiMinusUtc: number;
}

/** What a coordinator hands to its successor about the clock. */
export interface CarriedClock {
  readonly leap: LeapState;
  /** What the clock was told to do at the end of the day: +1 insert, −1 delete, 0 nothing. */
  readonly armedSign: number;
  /** What was stepped: the next correction is the first only once, and the sum goes on. */
  readonly steps: StepsMade;
}

export interface CoordinatorOptions {
  readonly sources: readonly SourceOptions[];
  readonly synchronization: SynchronizationOptions;
  /** NTP time of local time 0 as the system's clock had it; everything is measured against it. */
  readonly epoch: LocalEpoch;
  /**
   * Which oscillator the local timescale counts (the kernel's boot id) and what it read at local 0, seconds. Saved
   * history of the same timescale is reused as it is.
   */
  readonly timescaleId: string;
  readonly timescaleOriginSeconds: number;
  /** Precision of the local clock and of our stamps, seconds. */
  readonly precisionSeconds: number;
  /** Oscillator's frequency as the drift file has it (`ClockLine.frequency`'s sign), with its σ; null: none. */
  readonly drift: { readonly frequency: number; readonly sigma: number } | null;
  /** Parsed leap-seconds.list (discipline/leap-file.ts), checked; null: none. Its expiry is NTP seconds. */
  readonly leapFile: { readonly entries: readonly LeapEntry[]; readonly expirySeconds: number } | null;
  readonly history: SavedHistory | null;
  /** What the predecessor on this clock knew of it, where there was one. */
  readonly before?: CarriedClock;
  /** Which logs to emit as outputs. */
  readonly logs: { readonly measurements: boolean; readonly statistics: boolean; readonly tracking: boolean };
}

export interface CoordinatorPorts {
  readonly clock: ClockPort;
  readonly random: Random;
  /** Seals requests and checks replies of a source that has a key or NTS; null: plain NTP. By index in `sources`. */
  readonly authenticator: (sourceIndex: number, address: string) => Authenticator | null;
}

/** Authentication of one association. */
export interface Authenticator {
  /** Appends to the request of `length` octets what authenticates it. @returns the new length, 0: cannot send now. */
  seal(octets: Uint8Array, length: number): number;
  /** Checks a reply that answers our last request. `nak`: an NTS negative acknowledgement. */
  check(octets: Uint8Array, length: number): 'authentic' | 'forged' | 'nak';
}
