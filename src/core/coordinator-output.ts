import type { EventCode } from './event-codes.ts';
import type { LocalSeconds, StampSource } from './ports.ts';

/** A request to send: open (or reuse) a socket, send `octets[0, length)`, report with `requestSent`. */
export interface RequestOutput {
  readonly kind: 'request';
  /** Names this exchange in `requestSent`, `requestFailed` and `datagramReceived`. */
  readonly token: number;
  readonly sourceIndex: number;
  /** Numeric address and port to ask. */
  readonly address: string;
  readonly port: number;
  /** Ours for as long as the token lives; valid until the next call into the coordinator, so send at once. */
  readonly octets: Uint8Array;
  readonly length: number;
  readonly bindAddress: string | null;
  readonly bindInterface: string | null;
  readonly dscp: number;
  /** Use the socket (and so the port) of this association's earlier requests; otherwise a fresh random port. */
  readonly sticky: boolean;
  readonly associationId: number;
}

/** The exchange is over (answered, timed out, association gone): close its socket unless sticky. */
export interface ReleaseOutput {
  readonly kind: 'release';
  readonly token: number;
  readonly associationId: number;
  /** The association is gone: close its sticky socket too. */
  readonly final: boolean;
}

/** Resolve a name; answer with `nameResolved` or `nameFailed`. */
export interface ResolveOutput {
  readonly kind: 'resolve';
  readonly sourceIndex: number;
  readonly name: string;
}

export type EventLevel = 'debug' | 'info' | 'warning' | 'error';

/** A decision or change of state, for people: to be logged. */
export interface EventOutput {
  readonly kind: 'event';
  readonly level: EventLevel;
  readonly code: EventCode;
  /** One sentence with figures, units and the reason. */
  readonly message: string;
  readonly source: string | null;
}

/** One measurement, as chrony's measurements log has it; emitted only when `CoordinatorLogs` asks. */
export interface MeasurementOutput {
  readonly kind: 'measurement';
  readonly atLocal: LocalSeconds;
  readonly address: string;
  readonly leap: number;
  readonly stratum: number;
  readonly pollLog2: number;
  readonly remotePollLog2: number;
  /** Forecast σ at the end of a poll interval over that of a measurement: 0.6 and 1.3 change the interval. */
  readonly pollScore: number;
  readonly offsetSeconds: number;
  readonly delaySeconds: number;
  readonly dispersionSeconds: number;
  readonly rootDelaySeconds: number;
  readonly rootDispersionSeconds: number;
  readonly refid: number;
  readonly interleaved: boolean;
  readonly transmitStamp: StampSource;
  readonly receiveStamp: StampSource;
  /** `used`, or why not. */
  readonly verdict: string;
}

/**
 * A filter's state after a sample: chrony's statistics log. The filter keeps no register of samples, so that none of
 * them is ever dropped from it, and there are no runs of residuals to count.
 */
export interface StatisticsOutput {
  readonly kind: 'statistics';
  readonly atLocal: LocalSeconds;
  readonly address: string;
  readonly offsetSeconds: number;
  readonly offsetSigmaSeconds: number;
  readonly frequencyPpm: number;
  readonly frequencySigmaPpm: number;
  readonly delayFloorSeconds: number;
  readonly jitterSeconds: number;
  /** By how much the frequency changed since the sample before, in the σ that it had then; null for the first. */
  readonly stress: number | null;
  /** Samples that the filter has taken. */
  readonly samples: number;
  /** Share of the round trip that the operator said the way there is longer by. */
  readonly asymmetry: number;
}

/** A correction of the clock: chrony's tracking log. */
export interface TrackingOutput {
  readonly kind: 'tracking';
  readonly atLocal: LocalSeconds;
  readonly address: string;
  readonly stratum: number;
  readonly leap: number;
  readonly frequencyPpm: number;
  readonly frequencySigmaPpm: number;
  /** By how much this update moved what is served; positive: it was behind. Null for the first. */
  readonly offsetSeconds: number | null;
  /** What was still left of the correction before. */
  readonly remainingSeconds: number;
  /** What the clock has to be corrected by now. */
  readonly correctionSeconds: number;
  readonly sourcesCombined: number;
  readonly offsetSigmaSeconds: number;
  readonly rootDelaySeconds: number;
  readonly rootDispersionSeconds: number;
  readonly maximumErrorSeconds: number;
}

/** The daemon has to end without touching the clock. */
export interface ExitOutput {
  readonly kind: 'exit';
  readonly exitCode: 70;
  readonly reason: string;
}

export type Output =
  | RequestOutput
  | ReleaseOutput
  | ResolveOutput
  | EventOutput
  | MeasurementOutput
  | StatisticsOutput
  | TrackingOutput
  | ExitOutput;
