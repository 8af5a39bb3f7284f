import { Association } from './association/association.ts';
import type { AssociationContext } from './association/context.ts';
import { Etiquette } from './association/etiquette.ts';
import { describeStatistics } from './association/log.ts';
import { type ResolvedAddress, Roster } from './association/roster.ts';
import type { Verdict } from './association/verdict.ts';
import { ClockKeeper } from './clock-keeper.ts';
import type { CarriedClock, CoordinatorOptions, CoordinatorPorts, SourceOptions } from './coordinator-options.ts';
import type { EventLevel, Output } from './coordinator-output.ts';
import { describeStatus } from './coordinator-status.ts';
import { ServerFilter } from './estimation/filter.ts';
import type { EventCode } from './event-codes.ts';
import type { LocalSeconds, StampSource } from './ports.ts';
import type { SavedHistory } from './saved-history.ts';
import type { Candidate } from './selection/candidate.ts';
import type { CoordinatorStatus } from './status.ts';
import type { SystemVariables } from './system-variables.ts';

/**
 * Samples that a source needs before its first use. When a fast start that loses nothing would be over, two are enough,
 * which is the least that tells a frequency. After the patience has run out one is.
 */
const FIRST_SAMPLES = 3;
const FIRST_SAMPLES_LOSSY = 2;
const PATIENCE_SECONDS = 60;
/**
 * The first selection waits for the fast start of every source, but no longer than one takes that loses nothing: who
 * does not answer keeps nobody waiting. It counts from the start, or from the first sample where that came later than
 * this: then there was no network before.
 */
const START_WAIT_SECONDS = 8.75;
/** First requests are spread over this. */
const START_SPREAD_SECONDS = 0.25;
/** The drift is worth saving when it is known this well, s/s. */
const DRIFT_SIGMA_MAX = 1e-6;

/**
 * Keeps one clock: associations, selection and discipline in one object that does no IO (str0m's contract).
 *
 * The driver calls an input, then takes outputs until there are none, then sleeps until `nextWakeLocal` or the
 * next input. Local time never goes back between calls. No input throws, whatever the network sent.
 */
export class Coordinator {
  readonly #options: CoordinatorOptions;
  readonly #ports: CoordinatorPorts;
  readonly #outputs: Output[] = [];
  readonly #ownRefids = new Set<number>();
  readonly #etiquette: Etiquette;
  readonly #keeper: ClockKeeper;
  readonly #roster: Roster;
  readonly #context: AssociationContext;
  /** The association of each token that may still get datagrams. */
  readonly #tokens = new Map<number, Association>();
  #nextToken = 1;
  #nextAssociation = 1;
  #newSamples = 0;
  #isStale = false;
  #startLocal: LocalSeconds = 0;
  #firstSampleLocal = Number.POSITIVE_INFINITY;
  #wakeLocal: LocalSeconds = 0;

  constructor(options: CoordinatorOptions, ports: CoordinatorPorts) {
    this.#options = options;
    this.#ports = ports;
    const emit = (output: Output): void => this.#put(output);
    this.#etiquette = new Etiquette(
      {
        timescaleId: options.timescaleId,
        timescaleOriginSeconds: options.timescaleOriginSeconds,
        epoch: options.epoch,
      },
      options.history,
    );
    const keeper = new ClockKeeper(options, ports.clock, emit);
    this.#keeper = keeper;
    this.#context = {
      epoch: options.epoch,
      precisionSeconds: options.precisionSeconds,
      random: ports.random,
      ownRefids: this.#ownRefids,
      emit,
      newFilter: () => new ServerFilter(keeper.drift),
      newToken: (association) => this.#newToken(association),
      get leapShiftSeconds() {
        return keeper.leaps.shiftSeconds;
      },
      isNearLeap: (atLocal) => keeper.isNearLeap(atLocal),
    };
    this.#roster = new Roster(options.sources, 0, {
      emit,
      associate: (nowLocal, sourceIndex, source, address) => this.#associate(nowLocal, sourceIndex, source, address),
    });
  }

  /** Served truth. One object, overwritten in place; compare `generation`. */
  get variables(): Readonly<SystemVariables> {
    return this.#keeper.truth.variables;
  }

  /** When `advance` has to be called at the latest. */
  get nextWakeLocal(): LocalSeconds {
    return this.#wakeLocal;
  }

  /** Largest error of the served line at an instant, seconds; Infinity before the first selection. */
  maximumErrorAt(atLocal: LocalSeconds): number {
    return this.#keeper.truth.maximumErrorAt(atLocal);
  }

  /** σ of the served line at an instant, seconds; assumes that the floors of a path's two directions are equal. */
  estimatedErrorAt(atLocal: LocalSeconds): number {
    return this.#keeper.truth.estimatedErrorAt(atLocal);
  }

  /** The next output, oldest first; undefined when drained. */
  takeOutput(): Output | undefined {
    return this.#outputs.shift();
  }

  /** Does what is due at `nowLocal`. */
  advance(nowLocal: LocalSeconds): void {
    if (this.#keeper.hasPanicked) {
      this.#wakeLocal = Number.POSITIVE_INFINITY;
      return;
    }
    this.#keeper.advance(nowLocal);
    this.#roster.advance(nowLocal);
    if (this.#keeper.lastUpdateLocal === null && nowLocal >= this.#startDueLocal) this.#isStale = true;
    for (const association of this.#roster.associations) {
      if (nowLocal < association.nextLocal) continue;
      const wasUnreachable = association.poll.isUnreachable;
      association.advance(nowLocal);
      if (!wasUnreachable && association.poll.isUnreachable) {
        this.#event('warning', 'unreachable', 'does not answer: eight requests in a row', association);
      }
      // Reach has shifted: a source may have dropped out.
      this.#isStale = true;
    }
    this.#settle(nowLocal);
  }

  /** The request left at `transmitLocal` (T1). May be called again when a better stamp arrives before the reply. */
  requestSent(_nowLocal: LocalSeconds, token: number, transmitLocal: LocalSeconds, stamp: StampSource): void {
    this.#tokens.get(token)?.transmitted(token, transmitLocal, stamp);
  }

  /** The request could not be sent, or the network refused it (ECONNREFUSED, EHOSTUNREACH, …). */
  requestFailed(nowLocal: LocalSeconds, token: number, code: string): void {
    this.#tokens.get(token)?.failed(nowLocal, token, code);
    this.#settle(nowLocal);
  }

  /**
   * A datagram arrived on the socket of `token`: `octets[0, length)`, stamped `receiveLocal` (T4), from this
   * numeric address and port. `octets` is not kept.
   */
  datagramReceived(
    nowLocal: LocalSeconds,
    token: number,
    octets: Uint8Array,
    length: number,
    receiveLocal: LocalSeconds,
    stamp: StampSource,
    address: string,
    port: number,
  ): void {
    const association = this.#tokens.get(token);
    if (association === undefined || this.#keeper.hasPanicked) return;
    const wasUnreachable = association.poll.isUnreachable;
    const verdict = association.receive(nowLocal, token, octets, length, receiveLocal, stamp, address, port);
    if (wasUnreachable && !association.poll.isUnreachable)
      this.#event('info', 'reachable', 'answers again', association);
    this.#note(nowLocal, association, verdict);
    this.#settle(nowLocal);
  }

  /** Addresses of a source's name, in the order of preference. */
  nameResolved(nowLocal: LocalSeconds, sourceIndex: number, addresses: readonly ResolvedAddress[]): void {
    this.#roster.resolved(nowLocal, sourceIndex, addresses);
    this.advance(nowLocal);
  }

  nameFailed(nowLocal: LocalSeconds, sourceIndex: number, reason: string): void {
    this.#roster.failed(nowLocal, sourceIndex, reason);
    this.#settle(nowLocal);
  }

  /** Refids that stand for any of our own addresses; loopback excluded. A server that shows one follows us. */
  setOwnRefids(refids: readonly number[]): void {
    this.#ownRefids.clear();
    for (const refid of refids) this.#ownRefids.add(refid);
  }

  /** Whether to poll; without a source index for all sources. Offline sources keep their estimates. */
  setOnline(nowLocal: LocalSeconds, online: boolean, sourceIndex?: number): void {
    this.#roster.setOnline(online, sourceIndex);
    this.#isStale = true;
    this.advance(nowLocal);
  }

  /** Resolves names again, without a source index all of them, and replaces addresses that are of no use. */
  refreshSources(nowLocal: LocalSeconds, sourceIndex?: number): void {
    this.#roster.refresh(nowLocal, sourceIndex);
    this.#settle(nowLocal);
  }

  /** Steps the clock to the best estimate at once, below any step threshold too. @returns what was done. */
  forceSync(nowLocal: LocalSeconds): string {
    const done = this.#keeper.force(nowLocal, this.#candidates(nowLocal));
    this.#settle(nowLocal);
    return done;
  }

  /**
   * The local timescale lost `gapSeconds` (the machine slept, was frozen or migrated); null when unknown: every
   * estimate of phase is void, and the next correction is a first one again.
   */
  timescaleBroken(nowLocal: LocalSeconds, gapSeconds: number | null): void {
    const length = gapSeconds === null ? 'an unknown time' : `${gapSeconds.toFixed(3)} s`;
    const message = `the local timescale lost ${length}: measuring anew`;
    this.#put({ kind: 'event', level: 'warning', code: 'timescale-broken', message, source: null });
    this.#keeper.breakTimescale(nowLocal, gapSeconds);
    this.#startLocal = nowLocal;
    this.#firstSampleLocal = Number.POSITIVE_INFINITY;
    for (const association of this.#roster.associations) {
      association.reset();
      this.#etiquette.restart(association, nowLocal, this.#ports.random);
      this.#noteBurst(association);
    }
    this.advance(nowLocal);
  }

  /** Somebody else set the clock under discipline; the local timescale is intact. */
  clockStepped(nowLocal: LocalSeconds, deltaSeconds: number): void {
    const message = `the clock was set by somebody else, by ${deltaSeconds.toFixed(6)} s`;
    this.#put({ kind: 'event', level: 'warning', code: 'foreign-step', message, source: null });
    this.#keeper.stateErrors(nowLocal);
    this.#settle(nowLocal);
  }

  /** Snapshot for `ntpd-ts status`. */
  status(nowLocal: LocalSeconds): CoordinatorStatus {
    return describeStatus(nowLocal, this.#keeper, this.#roster);
  }

  /** The oscillator for the drift file: `ClockLine.frequency`'s sign; null while not known well. */
  drift(): { frequency: number; sigma: number } | null {
    const { truth, lastUpdateLocal } = this.#keeper;
    if (lastUpdateLocal === null || truth.frequencySigma > DRIFT_SIGMA_MAX) return null;
    return { frequency: truth.variables.line.frequency, sigma: truth.frequencySigma };
  }

  /** For a successor on the same clock. */
  get carried(): CarriedClock {
    return this.#keeper.carried;
  }

  /** Leap indicator for whoever knows the time at an instant. */
  leapIndicatorAt(atLocal: LocalSeconds): number {
    return this.#keeper.leaps.indicator(this.#keeper.absoluteAt(atLocal));
  }

  /** Seconds that leap seconds have added to NTP time since the start. */
  get leapShiftSeconds(): number {
    return this.#keeper.leaps.shiftSeconds;
  }

  /** For the history file: at exit, and after a `history-changed` event. */
  saveHistory(nowLocal: LocalSeconds): SavedHistory {
    return this.#etiquette.save(this.#roster.associations, nowLocal, this.#keeper.leaps.shiftSeconds);
  }

  #associate(
    nowLocal: LocalSeconds,
    sourceIndex: number,
    source: SourceOptions,
    address: ResolvedAddress,
  ): Association {
    const authenticator = this.#ports.authenticator(sourceIndex, address.text);
    const firstLocal = nowLocal + START_SPREAD_SECONDS * this.#ports.random();
    const id = this.#nextAssociation++;
    const { text, refid } = address;
    const association = new Association(this.#context, id, sourceIndex, source, text, refid, authenticator, firstLocal);
    this.#etiquette.admit(association, nowLocal, this.#keeper.leaps.shiftSeconds);
    this.#noteBurst(association);
    return association;
  }

  /** A fast start is remembered when it begins, so that no crash makes another one soon. */
  #noteBurst(association: Association): void {
    if (association.poll.isBursting) this.#event('debug', 'history-changed', 'a fast start begins', association);
  }

  /** What follows from a datagram for others than its association. */
  #note(nowLocal: LocalSeconds, association: Association, verdict: Verdict): void {
    if (verdict === 'used') {
      this.#newSamples++;
      this.#firstSampleLocal = Math.min(this.#firstSampleLocal, nowLocal);
      const state = this.#keeper.selection.verdicts.get(association.key)?.state;
      association.falsetickerSamples = state === 'falseticker' ? association.falsetickerSamples + 1 : 0;
    } else if (verdict.startsWith('kiss-')) {
      // Anyone asked can send these as often as asked: the log gets ever fewer of them.
      if (isPowerOfTwo(association.verdicts[verdict]))
        this.#event('warning', 'kiss', `sent a kiss of death (${verdict.slice(5).toUpperCase()})`, association);
      if (verdict === 'kiss-rate')
        this.#event('debug', 'history-changed', 'the poll interval was raised for good', association);
    }
    this.#isStale = true;
    const { logs } = this.#options;
    if (logs.measurements && association.lastMeasurement !== null) this.#put(association.lastMeasurement);
    if (logs.statistics && verdict === 'used') {
      const statistics = describeStatistics(association, nowLocal, association.lastStatistics);
      if (statistics !== null) this.#put(statistics);
      association.lastStatistics = statistics;
    }
  }

  /** When the first selection waits no longer; Infinity before the first sample. */
  get #startDueLocal(): LocalSeconds {
    const hadNetwork = this.#firstSampleLocal <= this.#startLocal + START_WAIT_SECONDS;
    return (hadNetwork ? this.#startLocal : this.#firstSampleLocal) + START_WAIT_SECONDS;
  }

  /** Selects anew if anything has changed, replaces sources, and finds when to wake. */
  #settle(nowLocal: LocalSeconds): void {
    if (this.#isStale && !this.#keeper.hasPanicked) {
      this.#isStale = false;
      this.#review(nowLocal);
      this.#roster.review(nowLocal);
    }
    let wake = Math.min(this.#roster.nextLocal, this.#keeper.nextLocal(nowLocal));
    if (this.#startDueLocal > nowLocal) wake = Math.min(wake, this.#startDueLocal);
    for (const association of this.#roster.associations) wake = Math.min(wake, association.nextLocal);
    this.#wakeLocal = this.#keeper.hasPanicked ? Number.POSITIVE_INFINITY : wake;
  }

  #candidates(nowLocal: LocalSeconds): readonly Candidate[] {
    const { distanceSecondsMax } = this.#options.synchronization;
    const isPatient = nowLocal < this.#startLocal + PATIENCE_SECONDS;
    const needed = nowLocal < this.#startDueLocal ? FIRST_SAMPLES : FIRST_SAMPLES_LOSSY;
    return this.#roster.associations.map((one) =>
      one.candidate(nowLocal, isPatient || one.poll.isBursting ? needed : 1, distanceSecondsMax),
    );
  }

  #review(nowLocal: LocalSeconds): void {
    const { associations } = this.#roster;
    const isWaiting = associations.some((one) => one.isStarting && !one.options.noselect);
    const mayStart = !isWaiting || nowLocal >= this.#startDueLocal;
    const before = this.#keeper.selection.verdicts;
    this.#keeper.review(nowLocal, this.#candidates(nowLocal), this.#newSamples, mayStart);
    this.#newSamples = 0;
    for (const association of associations) {
      const was = before.get(association.key)?.state === 'falseticker';
      const verdict = this.#keeper.selection.verdicts.get(association.key);
      if (was === (verdict?.state === 'falseticker')) continue;
      this.#event(
        'info',
        'falseticker',
        was ? 'is no falseticker any more' : `is a falseticker: ${verdict?.reason}`,
        association,
      );
    }
  }

  #event(level: EventLevel, code: EventCode, message: string, association: Association): void {
    const source = association.options.address;
    this.#put({ kind: 'event', level, code, message: `${association.address} ${message}`, source });
  }

  /** Names a request. The one before still finds its association until now: late and doubled replies are told apart. */
  #newToken(association: Association): number {
    const token = this.#nextToken++;
    this.#tokens.delete(association.lastToken);
    this.#tokens.set(token, association);
    return token;
  }

  #put(output: Output): void {
    if (output.kind === 'release' && output.final) this.#tokens.delete(output.token);
    this.#outputs.push(output);
  }
}

function isPowerOfTwo(count: number): boolean {
  return (count & (count - 1)) === 0;
}
