import { LEAP_UNKNOWN } from '../protocol/header.ts';
import type { CarriedClock, CoordinatorOptions, CoordinatorPorts } from './coordinator-options.ts';
import type { EventLevel, Output } from './coordinator-output.ts';
import { type AbsoluteSeconds, absoluteSeconds, wireSeconds } from './discipline/calendar.ts';
import { Discipline, type DisciplineAction } from './discipline/discipline.ts';
import { LeapSeconds } from './discipline/leap.ts';
import type { EventCode } from './event-codes.ts';
import { formatPpm, formatSeconds } from './format.ts';
import type { ClockLine, LocalSeconds } from './ports.ts';
import type { Candidate } from './selection/candidate.ts';
import { type Chosen, type Incumbents, NO_INCUMBENTS, type Selection, select } from './selection/select.ts';
import { smearedOffsets } from './server/smear.ts';
import type { ClockState } from './status.ts';
import { type Correction, describeTracking } from './tracking-log.ts';
import { Truth } from './truth.ts';

/** Actions remembered for the status. */
const ACTIONS_MAX = 16;

/** A drift beyond this is not believed: it would be the worst oscillator ever sold, s/s. */
const DRIFT_MAX = 1e-3;

/** A reference there leaves no stratum for us. */
const STRATUM_LAST = 15;
const NO_STRATUM_LEFT = 'the reference is at stratum 15, the last there is';

/** What was done to the clock, for the status. */
export interface ActionRecord {
  readonly atLocal: number;
  readonly message: string;
}

/**
 * The clock's side of the coordinator: selects among candidates, follows what they agree on, coasts and withdraws
 * when they do not, and does leap seconds.
 */
export class ClockKeeper {
  readonly truth: Truth;
  readonly discipline: Discipline;
  readonly leaps: LeapSeconds;
  state: ClockState = 'starting';
  reason = 'no source has been measured yet';
  selection: Selection = { chosen: null, reason: this.reason, missing: 0, verdicts: new Map() };
  /** When the selection last moved the clock. */
  lastUpdateLocal: LocalSeconds | null = null;
  readonly actions: ActionRecord[] = [];
  hasPanicked = false;
  /** The oscillator as an earlier run left it; null when unknown or absurd. */
  drift: CoordinatorOptions['drift'] = null;

  readonly #options: CoordinatorOptions;
  readonly #clock: CoordinatorPorts['clock'];
  readonly #emit: (output: Output) => void;
  #incumbents: Incumbents = NO_INCUMBENTS;
  #startLocal: LocalSeconds = 0;
  #errorsDueLocal: LocalSeconds = Number.POSITIVE_INFINITY;
  #hasWarnedOfLeapFile = false;
  #armedSign = 0;

  constructor(options: CoordinatorOptions, clock: CoordinatorPorts['clock'], emit: (output: Output) => void) {
    this.#options = options;
    this.#clock = clock;
    this.#emit = emit;
    this.truth = new Truth(options.epoch, options.precisionSeconds);
    const { before } = options;
    this.discipline = new Discipline(clock, options.synchronization, before?.steps);
    this.leaps = new LeapSeconds(options.leapFile, before?.leap ?? null);
    this.#armedSign = before?.armedSign ?? 0;
    this.#start();
  }

  /** What a successor on the same clock has to know of it. */
  get carried(): CarriedClock {
    return { leap: this.leaps.state, armedSign: this.#armedSign, steps: this.discipline.made };
  }

  /** NTP seconds now, by the best estimate, counted over the eras. */
  absoluteAt(atLocal: LocalSeconds): AbsoluteSeconds {
    return absoluteSeconds(this.#options.epoch, atLocal, this.truth.offsetAt(atLocal));
  }

  /** Whether samples of an instant are too close to a leap second. */
  isNearLeap(atLocal: LocalSeconds): boolean {
    return this.leaps.event !== null && this.leaps.isNear(this.absoluteAt(atLocal));
  }

  /** When `advance` is due. */
  nextLocal(nowLocal: LocalSeconds): LocalSeconds {
    const { synchronization } = this.#options;
    let next = this.#errorsDueLocal;
    if (this.state === 'synchronised' || this.state === 'holdover') {
      next = Math.min(next, this.truth.whenErrorIs(synchronization.distanceSecondsMax));
    } else if (this.state === 'starting' && synchronization.localStratum !== null) {
      next = Math.min(next, this.#startLocal + synchronization.localWaitSeconds);
    }
    for (const point of this.leaps.turningPoints) {
      const inSeconds = point - this.absoluteAt(nowLocal);
      // Local seconds differ from true ones by some ppm: a look is taken again when it is near.
      if (inSeconds > 0) next = Math.min(next, nowLocal + inSeconds);
    }
    return next;
  }

  /** Does what is due by time alone. */
  advance(nowLocal: LocalSeconds): void {
    this.#passLeap(nowLocal);
    const { distanceSecondsMax, localStratum, localWaitSeconds } = this.#options.synchronization;
    const isLost = this.truth.whenErrorIs(distanceSecondsMax) <= nowLocal;
    if ((this.state === 'synchronised' || this.state === 'holdover') && isLost) this.#withdraw(nowLocal);
    const waited = this.state === 'withdrawn' || nowLocal >= this.#startLocal + localWaitSeconds;
    if (localStratum !== null && (this.state === 'withdrawn' || this.state === 'starting') && waited)
      this.#serveLocal(nowLocal);
    this.#showLeap(nowLocal);
    if (nowLocal >= this.#errorsDueLocal) this.stateErrors(nowLocal);
  }

  /**
   * Selects anew.
   *
   * @param newSamples - samples that came since the last call.
   * @param mayStart - false while the first selection should wait for more sources.
   */
  review(nowLocal: LocalSeconds, candidates: readonly Candidate[], newSamples: number, mayStart: boolean): void {
    const before = this.selection;
    const chosen = this.#select(nowLocal, candidates);
    if (chosen === null) {
      this.#coast(before);
      return;
    }
    if (this.lastUpdateLocal === null && !mayStart) {
      this.reason = 'waiting for the other sources before the first correction';
      return;
    }
    const isSame = before.chosen !== null && sameSurvivors(before.chosen, chosen) && this.state === 'synchronised';
    if (newSamples === 0 && isSame) return;
    if (chosen.systemPeer.stratum >= STRATUM_LAST) {
      this.#coast(before, NO_STRATUM_LEFT);
      return;
    }
    const line = this.#lineOf(nowLocal, chosen);
    const now = absoluteSeconds(this.#options.epoch, nowLocal, line.offsetSeconds);
    // Around a leap second the kernel and we may do it milliseconds apart: nothing is corrected then.
    if (this.leaps.isNear(now)) return;
    this.#follow(nowLocal, chosen, line, newSamples);
    if (this.hasPanicked) return;
    if (this.leaps.consider(now, chosen.leap)) this.#announceLeap(nowLocal);
    this.#warnOfLeapFile(now);
    this.#showLeap(nowLocal);
    this.stateErrors(nowLocal);
  }

  /** Selects anew, waiting for nothing, and steps to what was chosen. @returns what was done. */
  force(nowLocal: LocalSeconds, candidates: readonly Candidate[]): string {
    const chosen = this.#select(nowLocal, candidates);
    if (chosen === null) return `nothing done: ${this.selection.reason}`;
    if (chosen.systemPeer.stratum >= STRATUM_LAST) return `nothing done: ${NO_STRATUM_LEFT}`;
    const line = this.#lineOf(nowLocal, chosen);
    if (this.leaps.isNear(absoluteSeconds(this.#options.epoch, nowLocal, line.offsetSeconds))) {
      return 'nothing done: a leap second is too near';
    }
    const correction = this.#correctionTo(nowLocal, line);
    const action = this.discipline.force(nowLocal, line);
    this.#report(nowLocal, action);
    if (action.kind === 'panicked') return action.reason;
    this.#synchronise(nowLocal, chosen, line, correction);
    this.#showLeap(nowLocal);
    this.stateErrors(nowLocal);
    return action.kind === 'stepped'
      ? action.reason
      : `corrected by ${formatSeconds(correction.correctionSeconds)} (${action.kind})`;
  }

  /** The local timescale broke; `gapSeconds` were lost, if known. */
  breakTimescale(nowLocal: LocalSeconds, gapSeconds: number | null): void {
    const offsetSeconds = this.truth.offsetAt(nowLocal) + (gapSeconds ?? 0);
    this.truth.follow({ atLocal: nowLocal, offsetSeconds, frequency: this.truth.variables.line.frequency });
    this.truth.forget();
    this.discipline.restart();
    this.#incumbents = NO_INCUMBENTS;
    this.lastUpdateLocal = null;
    this.#startLocal = nowLocal;
    this.state = 'starting';
    this.reason = 'the local timescale broke';
    this.stateErrors(nowLocal);
  }

  /** Tells the clock how wrong it may be. */
  stateErrors(nowLocal: LocalSeconds): void {
    const isSynchronised = this.state === 'synchronised' || this.state === 'holdover';
    const remaining = Math.abs(this.discipline.correction(nowLocal, this.truth.variables.line));
    const maximum = this.truth.maximumErrorAt(nowLocal) + remaining;
    // The clock's own errors, not those of what we serve: what is still to be slewed is one that is known.
    this.#clock.setErrors(maximum, this.truth.estimatedErrorAt(nowLocal) + remaining, isSynchronised);
    const lastSeconds = this.#clock.errorsLastSeconds;
    this.#errorsDueLocal = lastSeconds === undefined ? Number.POSITIVE_INFINITY : nowLocal + lastSeconds;
  }

  #start(): void {
    const { drift } = this.#options;
    const isUsable = drift !== null && Math.abs(drift.frequency) <= DRIFT_MAX && drift.sigma > 0;
    if (drift !== null && !isUsable) {
      this.#event('warning', 'drift-absurd', `a drift of ${formatPpm(drift.frequency)} is absurd; starting without`);
    }
    this.drift = isUsable ? drift : null;
    const frequency = this.drift?.frequency ?? 0;
    this.truth.follow({ atLocal: 0, offsetSeconds: this.#clock.readOffsetSeconds(0), frequency });
    if (this.#options.synchronization.leapMode !== 'kernel' && this.#armedSign !== 0) this.#clock.armLeap?.(0);
    if (isUsable && this.#clock.canSlew) this.#clock.slew(0, frequency, 0, 0);
    this.#clock.setErrors(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, false);
    if (this.#clock.errorsLastSeconds !== undefined) this.#errorsDueLocal = 0;
  }

  #follow(nowLocal: LocalSeconds, chosen: Chosen, line: ClockLine, newSamples: number): void {
    const correction = this.#correctionTo(nowLocal, line);
    const jump = correction.offsetSeconds ?? 0;
    const action = this.discipline.follow(nowLocal, line, jump, newSamples);
    this.#report(nowLocal, action);
    if (action.kind === 'panicked') return;
    if (action.kind === 'waiting' && !this.discipline.isSmall(jump)) {
      // Not believed yet: what was believed before is served on, with its growing bound.
      this.#setState('holdover', `the sources moved by ${formatSeconds(jump)}: ${action.reason}`);
      return;
    }
    this.#synchronise(nowLocal, chosen, line, correction);
  }

  /** Serves what was chosen from now on. */
  #synchronise(nowLocal: LocalSeconds, chosen: Chosen, line: ClockLine, correction: Correction): void {
    const peerBefore = this.#incumbents.systemPeer;
    this.#incumbents = {
      anchorSeconds: chosen.offsetSeconds,
      survivors: new Set(chosen.survivors.map((one) => one.key)),
      systemPeer: chosen.systemPeer.key,
    };
    this.truth.synchronise(nowLocal, chosen, line);
    this.lastUpdateLocal = nowLocal;
    if (this.state !== 'synchronised') this.#event('info', 'synchronised', `synchronised: ${this.selection.reason}`);
    this.#setState('synchronised', this.selection.reason);
    if (peerBefore !== chosen.systemPeer.key) {
      this.#event('info', 'system-peer', `the reference is ${chosen.systemPeer.label} now`);
    }
    if (this.#options.logs.tracking) this.#emit(describeTracking(nowLocal, chosen, this.truth, correction));
  }

  #select(nowLocal: LocalSeconds, candidates: readonly Candidate[]): Chosen | null {
    const { minimumAgreeingSources } = this.#options.synchronization;
    const anchorSeconds =
      this.lastUpdateLocal === null ? null : this.truth.offsetAt(nowLocal) - this.leaps.shiftSeconds;
    const incumbents = { ...this.#incumbents, anchorSeconds };
    this.selection = select(candidates, minimumAgreeingSources, incumbents, this.#smearedOffsets(nowLocal));
    return this.selection.chosen;
  }

  /** What was chosen, leap seconds included. */
  #lineOf(nowLocal: LocalSeconds, { offsetSeconds, frequency }: Chosen): ClockLine {
    return { atLocal: nowLocal, offsetSeconds: offsetSeconds + this.leaps.shiftSeconds, frequency };
  }

  #correctionTo(nowLocal: LocalSeconds, line: ClockLine): Correction {
    return {
      offsetSeconds: this.lastUpdateLocal === null ? null : line.offsetSeconds - this.truth.offsetAt(nowLocal),
      remainingSeconds: this.discipline.correction(nowLocal, this.truth.variables.line),
      correctionSeconds: this.discipline.correction(nowLocal, line),
    };
  }

  #coast(before: Selection, reason: string = this.selection.reason): void {
    this.discipline.coast();
    if (before.chosen !== null || before.reason !== reason)
      this.#event('info', 'no-selection', `nothing selected: ${reason}`);
    if (this.state === 'synchronised') {
      this.#setState('holdover', reason);
      this.#event('warning', 'holdover', `coasting: ${reason}`);
    } else {
      this.reason = reason;
    }
  }

  #withdraw(nowLocal: LocalSeconds): void {
    const limit = formatSeconds(this.#options.synchronization.distanceSecondsMax);
    this.#setState('withdrawn', `the root distance is above max-distance, ${limit}`);
    this.#event('warning', 'withdrawn', `serving as unsynchronised: ${this.reason}`);
    this.truth.withdraw();
    this.stateErrors(nowLocal);
  }

  #serveLocal(nowLocal: LocalSeconds): void {
    const { localStratum, localRefid } = this.#options.synchronization;
    if (localStratum === null) return;
    this.#setState('local', `no source to follow: the local clock is served at stratum ${localStratum}`);
    this.#event('warning', 'local', this.reason);
    this.truth.serveLocal(nowLocal, localStratum, localRefid);
  }

  #setState(state: ClockState, reason: string): void {
    this.state = state;
    this.reason = reason;
  }

  #report(nowLocal: LocalSeconds, action: DisciplineAction): void {
    switch (action.kind) {
      case 'stepped':
        this.#act(nowLocal, action.reason);
        this.#event('warning', 'stepped', action.reason);
        break;
      case 'panicked':
        this.#act(nowLocal, action.reason);
        this.hasPanicked = true;
        this.#event('error', 'panic', `${action.reason}; the clock is left as it is`);
        this.#emit({ kind: 'exit', exitCode: 70, reason: action.reason });
        break;
      case 'waiting':
        this.#act(nowLocal, `${formatSeconds(action.correctionSeconds)} off: ${action.reason}`);
        this.#event('info', 'step-pending', `${formatSeconds(action.correctionSeconds)} off: ${action.reason}`);
        break;
      case 'slewed':
        this.#act(nowLocal, `slewed by ${formatSeconds(action.correctionSeconds)}`);
        break;
      case 'observed':
        break;
    }
  }

  #act(atLocal: LocalSeconds, message: string): void {
    this.actions.push({ atLocal, message });
    if (this.actions.length > ACTIONS_MAX) this.actions.shift();
  }

  /** How far a source would be ahead of true time now if it smeared a leap second. */
  #smearedOffsets(nowLocal: LocalSeconds): readonly number[] {
    const now = this.absoluteAt(nowLocal);
    const leap = this.leaps.smeared(now);
    if (leap === null || leap.event === null) return [];
    const { atSeconds, sign } = leap.event;
    const event = { eventSeconds: wireSeconds(atSeconds), sign, applied: leap.isDone };
    return smearedOffsets(event, wireSeconds(now), (now - Math.floor(now)) * 2 ** 32);
  }

  #passLeap(nowLocal: LocalSeconds): void {
    const { event } = this.leaps;
    if (event === null) return;
    const now = this.absoluteAt(nowLocal);
    // A wake-up can be a rounding error early; better than to show a second that does not exist.
    if (now < this.leaps.dueSeconds - 1e-6) return;
    this.leaps.leap();
    this.truth.shift(-event.sign);
    this.discipline.leap(nowLocal, this.truth.variables.line, event.sign);
    const message = event.sign > 0 ? 'a leap second was inserted' : 'a leap second was deleted';
    this.#act(nowLocal, message);
    this.#event('info', 'leap-done', message);
  }

  /** Shows the leap indicator that holds now. */
  #showLeap(nowLocal: LocalSeconds): void {
    const now = this.absoluteAt(nowLocal);
    // Without a list only what is known already can change: it is over.
    const mayLearn = this.state !== 'starting' && this.leaps.isTableValid(now);
    if ((this.leaps.event !== null || mayLearn) && this.leaps.consider(now, null)) this.#announceLeap(nowLocal);
    if (this.leaps.event === null && this.#armedSign !== 0) {
      // Not before: the kernel does the leap by its own clock, at a tick that may come after our look at it.
      this.#armedSign = 0;
      this.#clock.armLeap?.(0);
    }
    const hasTime = this.state !== 'starting' && this.state !== 'withdrawn';
    const { event } = this.leaps;
    const isAhead = event !== null && this.leaps.dueSeconds !== Number.POSITIVE_INFINITY;
    const leap = hasTime ? this.leaps.indicator(now) : LEAP_UNKNOWN;
    this.truth.setLeap(leap, isAhead ? wireSeconds(event.atSeconds) : 0, isAhead ? event.sign : 0);
  }

  #announceLeap(nowLocal: LocalSeconds): void {
    const sign = this.leaps.event?.sign ?? 0;
    if (sign !== this.#armedSign && this.#options.synchronization.leapMode === 'kernel') this.#clock.armLeap?.(sign);
    this.#armedSign = sign;
    const what = sign > 0 ? 'a second will be inserted' : 'a second will be deleted';
    const message = sign === 0 ? 'no leap second after all' : `${what} at the end of this UTC day`;
    this.#act(nowLocal, message);
    this.#event('info', 'leap-armed', message);
  }

  #warnOfLeapFile(now: AbsoluteSeconds): void {
    if (this.#hasWarnedOfLeapFile || this.#options.leapFile === null || this.leaps.isTableValid(now)) return;
    this.#hasWarnedOfLeapFile = true;
    this.#event('warning', 'leap-file-expired', 'the leap-seconds.list has expired; believing the sources instead');
  }

  #event(level: EventLevel, code: EventCode, message: string): void {
    this.#emit({ kind: 'event', level, code, message, source: null });
  }
}

function sameSurvivors(a: Chosen, b: Chosen): boolean {
  return (
    a.survivors.length === b.survivors.length && a.survivors.every((one, index) => one.key === b.survivors[index]?.key)
  );
}
