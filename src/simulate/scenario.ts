import type { DelayPart, Window } from './delay.ts';

/*
 * A scenario as its file states it, with the keys in camelCase. All times and delays are seconds, `…Ppm` are parts
 * per million, and offsets are the world's: positive when a clock is AHEAD of the truth (the core's sign is the other
 * one). Optional keys that are absent leave the core's default alone.
 */

/** How a node's oscillator errs; frequencies are positive when it runs fast. */
export interface OscillatorOptions {
  errorPpm: number;
  /** Random walk of the frequency: one Gaussian step of this size (a fraction, not ppm) per second. */
  wander: number;
  /** Temperature and the like: amplitude × sin(2π (t / period + phase)). */
  sines: { amplitudePpm: number; period: number; phase: number }[];
  /** Lasting changes of the frequency. */
  frequencySteps: { at: number; changePpm: number }[];
  /** Jumps of the local timescale that nothing announces (a virtual machine moved). */
  jumps: { at: number; by: number }[];
  /** The machine sleeps: its counter stands still and nothing runs. */
  suspends: { at: number; for: number }[];
  /** A file beside the scenario, one error in ppm per line and second, added to the rest; its last value stays. */
  file?: string | undefined;
}

/** One direction of a link; what is absent is taken from the link, then from nothing (no delay, no loss). */
export interface DirectionOptions {
  /** Smallest one-way delay. */
  base?: number | undefined;
  parts?: DelayPart[] | undefined;
  /** Packets lost, possibly only in a window; several add up like independent causes. */
  losses?: (Window & { probability: number })[] | undefined;
  /** Probability that a packet arrives twice, the copy `duplicateDelay` later. */
  duplication?: number | undefined;
  duplicateDelay?: number | undefined;
  /** Probability that a packet is held back by `reorderDelay`. */
  reordering?: number | undefined;
  reorderDelay?: number | undefined;
}

/** Both directions: `up` leads from the asking node to the answering one, `down` back. */
export interface PathOptions extends DirectionOptions {
  up?: DirectionOptions | undefined;
  down?: DirectionOptions | undefined;
}

/** A path between two named nodes; `from` asks and `to` answers. */
export interface LinkOptions extends PathOptions {
  from: string;
  to: string;
}

/** A source of a node, as `[[source]]` of a configuration. */
export interface SourceOptions {
  mode: 'server' | 'pool';
  /** The name of a server, of a serving node, or of a `[[name]]`. */
  address: string;
  count?: number | undefined;
  pollMin?: number | undefined;
  pollMax?: number | undefined;
  pollInitial?: number | undefined;
  interleaved?: boolean | undefined;
  sourcePort?: 'fresh' | 'sticky' | undefined;
  offset?: number | undefined;
  asymmetry?: number | undefined;
  maxDelay?: number | undefined;
  minDelay?: number | undefined;
  prefer?: boolean | undefined;
  trust?: boolean | undefined;
  require?: boolean | undefined;
  noselect?: boolean | undefined;
}

/** `[synchronization]` of a node's configuration. */
export interface SynchronizationOptions {
  minimumAgreeingSources: number;
  maxDistance?: number | undefined;
  maxSlewRatePpm?: number | undefined;
  stepThreshold?: number | undefined;
  startupStepPanicThreshold?: number | undefined;
  singleStepPanicThreshold?: number | undefined;
  accumulatedStepPanicThreshold?: number | undefined;
  localStratum?: number | undefined;
  localWait?: number | undefined;
  /** How a leap second is done to the clock; a virtual one does none by itself. */
  leapMode?: 'step' | 'slew' | undefined;
}

/** Other hands on the host's clock: a step, or a slew for a while. */
export type ForeignHand = { at: number; step: number } | { at: number; for: number; slewPpm: number };

/** A machine with an oscillator, a clock and the daemon's core. */
export interface NodeOptions {
  name: string;
  clock: 'system' | 'software' | 'none';
  serves: boolean;
  startsAt: number;
  /** The clock is this far ahead of the truth when the world begins. */
  initialOffset: number;
  /** Frequency error that an earlier run saved. */
  driftPpm?: number | undefined;
  /** σ of the error of every stamp. */
  stampNoise: number;
  oscillator: OscillatorOptions;
  synchronization: SynchronizationOptions;
  source: SourceOptions[];
  foreign: ForeignHand[];
}

/** One stretch of a scripted server's life; keys that are absent stay as they were. */
export interface Chapter {
  at: number;
  offset?: number | undefined;
  driftPpm?: number | undefined;
  stratum?: number | undefined;
  leap?: number | undefined;
  rootDelay?: number | undefined;
  rootDispersion?: number | undefined;
  refid?: string | undefined;
  silent?: boolean | undefined;
  /** Kiss code that answers everything; empty ends it. */
  kiss?: string | undefined;
  /** Share of the replies that are spoilt: wrong org, zero or future stamps, odd lengths, replays. */
  spoilt?: number | undefined;
}

/** A server without an oscillator: the truth, or a lie that it tells by script. */
export interface ServerOptions {
  name: string;
  offset: number;
  driftPpm: number;
  stratum: number;
  leap: number;
  rootDelay: number;
  rootDispersion: number;
  /** log2 seconds. */
  precision: number;
  refid: string;
  stampNoise: number;
  /** Whether it announces the scenario's leap seconds on their day, and observes them. */
  announcesLeap: boolean;
  interleaved: boolean;
  /** Answers one request per interval and address after a burst; kisses or drops the others. */
  rateLimit?: { interval: number; burst: number; kiss: boolean } | undefined;

  chapter: Chapter[];
}

/** A name that resolves to several nodes, `answers` of them at a time, going round. */
export interface NameOptions {
  name: string;
  nodes: string[];
  answers: number;
}

/** What a node must keep to; statistics count from `settle` to the end. */
export interface Limits {
  rmsOffset?: number | undefined;
  maxOffset?: number | undefined;
  p99Offset?: number | undefined;
  rmsFrequencyPpm?: number | undefined;
  /** Time from the node's start until it first serves as synchronised. */
  firstEstimate?: number | undefined;
  /** Time from the node's start until what it serves is within 1 ms of the truth and stays so for a minute. */
  timeToSync?: number | undefined;
  /** Share of the synchronised seconds in which the maximum error held; 1 unless stated. */
  boundCoverage: number;
  /** Longest stretch of seconds in which it did not hold; 0 unless stated. */
  uncoveredSeconds: number;
  boundMedian?: number | undefined;
  /** Range of the share of seconds with |error| ≤ 2σ, smallest share with ≤ 4σ, range of RMS(error / σ). */
  sigma2?: [number, number] | undefined;
  sigma4?: number | undefined;
  sigmaRms?: [number, number] | undefined;
  /** Longest stretch beyond 4σ, in mean poll intervals. */
  sigmaExcursionPolls?: number | undefined;
  packetsMax?: number | undefined;
  /** Range of the share of seconds in which the node was synchronised. */
  synchronisedShare?: [number, number] | undefined;
  stepsMax?: number | undefined;
  /** RMS and max may be at most this many times the yardstick's (judged where the yardstick is, in the tests). */
  yardstickRatio?: number | undefined;
}

/** A whole virtual world. */
export interface Scenario {
  description: string;
  duration: number;
  settle: number;
  /** True time at second 0: the NTP seconds of a UTC date. */
  start: number;
  /** Leap seconds: at second `at` UTC goes back (+1, inserted) or forward (−1, deleted) by one. */
  leaps: { at: number; sign: 1 | -1 }[];
  node: NodeOptions[];
  server: ServerOptions[];
  /** What every pair of nodes has that no link names. */
  network: PathOptions;
  link: LinkOptions[];
  name: NameOptions[];
  limits: Record<string, Limits>;
}
