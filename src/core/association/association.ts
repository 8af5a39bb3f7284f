import type { Authenticator, SourceOptions } from '../coordinator-options.ts';
import type { MeasurementOutput, StatisticsOutput } from '../coordinator-output.ts';
import { type Estimate, NO_ESTIMATE, type SourceFilter } from '../estimation/estimate.ts';
import type { Sample } from '../estimation/sample.ts';
import type { LocalSeconds, StampSource } from '../ports.ts';
import type { Candidate } from '../selection/candidate.ts';
import type { AssociationContext, RecentSample } from './context.ts';
import { Contradiction } from './contradiction.ts';
import { Correctness, type Interval } from './correctness.ts';
import { type Exchange, isUnsent, randomStamp, sameStamp } from './exchange.ts';
import { unfitReason } from './fitness.ts';
import { InterleavedClient } from './interleaved.ts';
import { describeMeasurement } from './log.ts';
import { type FourStamps, measure } from './measure.ts';
import { Poll } from './poll.ts';
import { emptyReply, isResidencePossible, judgeReply, kissOf, matchReply, type Reply, readReply } from './reply.ts';
import { REQUEST_OCTETS_MAX, writeRequest } from './request.ts';
import { isAnswer, noVerdicts, type Verdict, type VerdictCounts } from './verdict.ts';

/** Standard deviations of the frequency that the correctness interval allows for, where PHI is less. */
const FREQUENCY_SIGMAS = 6;
/** A request without an answer is given up after this; longer round trips are above any `max-delay` of use. */
const ANSWER_SECONDS_MAX = 8;
const SAVED_SAMPLES = 32;

/** One address that is asked for the time. */
export class Association {
  readonly id: number;
  readonly sourceIndex: number;
  readonly options: SourceOptions;
  readonly address: string;
  readonly port: number;
  readonly refid: number;
  readonly poll: Poll;
  readonly filter: SourceFilter;
  readonly verdicts: VerdictCounts = noVerdicts();
  readonly interleaved: InterleavedClient;
  /** Samples the filter took, the latest last; saved at exit. */
  readonly recentSamples: RecentSample[] = [];
  /** Token of the latest request; 0 before the first. */
  lastToken = 0;
  requestsSent = 0;
  sendFailures = 0;
  timeouts = 0;
  samplesUsed = 0;
  /** Samples in a row while selection held it for a falseticker. */
  falsetickerSamples = 0;
  isOnline = true;
  isDenied = false;
  lastAnswer: Reply | null = null;
  /** What the last answer was good for. */
  lastVerdict: Verdict | null = null;
  lastSampleLocal: LocalSeconds = Number.NEGATIVE_INFINITY;
  burstLocal: LocalSeconds = Number.NEGATIVE_INFINITY;
  /** The latest measurement that was used or could have been, for the log. */
  lastMeasurement: MeasurementOutput | null = null;
  /** What was last told of the filter, for the log. */
  lastStatistics: StatisticsOutput | null = null;

  readonly #context: AssociationContext;
  readonly #authenticator: Authenticator | null;
  readonly #correctness = new Correctness();
  readonly #request = new Uint8Array(REQUEST_OCTETS_MAX);
  readonly #requestView = new DataView(this.#request.buffer);
  #exchange: Exchange | null = null;
  #answeredStamps: { readonly rec: Reply['rec']; readonly xmt: Reply['xmt'] } | null = null;
  readonly #contradiction = new Contradiction();

  constructor(
    context: AssociationContext,
    id: number,
    sourceIndex: number,
    options: SourceOptions,
    address: string,
    refid: number,
    authenticator: Authenticator | null,
    firstLocal: LocalSeconds,
  ) {
    this.#context = context;
    this.id = id;
    this.sourceIndex = sourceIndex;
    this.options = options;
    this.address = address;
    this.port = options.port;
    this.refid = refid;
    this.#authenticator = authenticator;
    this.filter = context.newFilter();
    this.poll = new Poll(options.pollLog2Min, options.pollLog2Max, options.pollLog2Initial, firstLocal);
    this.interleaved = new InterleavedClient(options.interleaved);
  }

  get key(): string {
    return `${this.address} ${this.port}`;
  }

  /** It has yet to show what it has: its fast start is under way, or the first answer of all. */
  get isStarting(): boolean {
    const isAsked = this.lastAnswer === null && this.timeouts === 0 && this.sendFailures === 0;
    return this.isOnline && !this.isDenied && (this.poll.isBursting || isAsked);
  }

  get isAuthenticated(): boolean {
    return this.#authenticator !== null;
  }

  /** When `advance` is due. */
  get nextLocal(): LocalSeconds {
    const poll = this.isOnline && !this.isDenied ? this.poll.nextLocal : Number.POSITIVE_INFINITY;
    return this.#exchange === null ? poll : Math.min(poll, this.#exchange.sentLocal + ANSWER_SECONDS_MAX);
  }

  /** Gives up what was not answered, and asks when it is time. */
  advance(nowLocal: LocalSeconds): void {
    if (nowLocal < this.nextLocal) return;
    if (this.#exchange !== null) {
      this.timeouts++;
      if (this.#exchange.rec !== null) this.interleaved.unanswered();
      this.#release();
    }
    if (this.isOnline && !this.isDenied && nowLocal >= this.poll.nextLocal) this.#ask(nowLocal);
  }

  transmitted(token: number, transmitLocal: LocalSeconds, stamp: StampSource): void {
    if (this.#exchange?.token !== token) return;
    this.#exchange.transmitLocal = transmitLocal;
    this.#exchange.transmitStamp = stamp;
  }

  /** The request did not leave, or the network refused it; `code` is the system's. */
  failed(nowLocal: LocalSeconds, token: number, code: string): void {
    if (this.#exchange?.token !== token) return;
    this.sendFailures++;
    this.#release();
    if (isUnsent(code)) this.poll.unsent(nowLocal, this.#context.random);
  }

  /**
   * Takes a datagram that arrived on the socket of `token`.
   *
   * @returns what became of it; `used`: there is a new sample.
   */
  receive(
    nowLocal: LocalSeconds,
    token: number,
    octets: Uint8Array,
    length: number,
    receiveLocal: LocalSeconds,
    stamp: StampSource,
    address: string,
    port: number,
  ): Verdict {
    if (this.#exchange?.token === token) this.#exchange.receiveStamp = stamp;
    const verdict = this.#examine(
      nowLocal,
      token,
      octets,
      Math.min(length, octets.length),
      receiveLocal,
      address,
      port,
    );
    this.verdicts[verdict]++;
    if (this.lastMeasurement !== null) this.lastMeasurement = { ...this.lastMeasurement, verdict };
    return verdict;
  }

  /** Estimate and bound at `nowLocal`, as selection wants them; null before the first sample. */
  candidate(nowLocal: LocalSeconds, samplesMin: number, distanceSecondsMax: number): Candidate {
    const known = this.filter.predict(nowLocal, estimate) && this.#interval(nowLocal, estimate, interval);
    const { options, lastAnswer } = this;
    if (!known) {
      Object.assign(estimate, NO_ESTIMATE);
      Object.assign(interval, { lowSeconds: Number.NEGATIVE_INFINITY, highSeconds: Number.POSITIVE_INFINITY });
    }
    const distance = Math.max(
      estimate.offsetSeconds - interval.lowSeconds,
      interval.highSeconds - estimate.offsetSeconds,
    );
    return {
      key: this.key,
      label: this.address,
      unfit: unfitReason(this, known && this.samplesUsed >= samplesMin, distance > distanceSecondsMax),
      prefer: options.prefer,
      trust: options.trust,
      require: options.require,
      atLocal: nowLocal,
      lowSeconds: interval.lowSeconds,
      highSeconds: interval.highSeconds,
      offsetSeconds: estimate.offsetSeconds,
      offsetSigmaSeconds: estimate.offsetSigmaSeconds,
      frequency: estimate.frequency,
      frequencySigma: estimate.frequencySigma,
      covariance: estimate.covariance,
      wander: estimate.wander,
      delaySeconds: estimate.delayFloorSeconds,
      roundTripSeconds: this.#correctness.roundTripSeconds,
      rootDelaySeconds: lastAnswer?.rootDelaySeconds ?? 0,
      rootDispersionSeconds: lastAnswer?.rootDispersionSeconds ?? 0,
      stratum: lastAnswer?.stratum ?? 16,
      leap: lastAnswer?.leap ?? 3,
      refid: this.refid,
    };
  }

  /** Takes a sample of an earlier run. */
  restore(recent: RecentSample): void {
    this.#accept(recent.sample, recent.remoteSeconds);
  }

  /** Forgets every estimate of phase: the local timescale broke. */
  reset(): void {
    this.filter.reset();
    this.#correctness.reset();
    this.interleaved.reset();
    this.recentSamples.length = 0;
    this.samplesUsed = 0;
    this.#contradiction.reset();
    this.#release();
  }

  /** Ends the association: its exchange and its sockets. */
  close(): void {
    this.#exchange = null;
    this.#context.emit({ kind: 'release', token: this.lastToken, associationId: this.id, final: true });
  }

  #ask(nowLocal: LocalSeconds): void {
    const { random, emit, newToken } = this.#context;
    const past = this.interleaved.request(this.poll, this.filter, nowLocal);
    const xmt = randomStamp(random);
    const rec = past === null ? null : randomStamp(random);
    let length = writeRequest(this.#requestView, this.poll.pollLog2, xmt, past?.rec ?? null, rec);
    if (this.poll.isBursting) this.burstLocal = nowLocal;
    this.poll.sent(nowLocal, random);
    if (this.#authenticator !== null) length = this.#authenticator.seal(this.#request, length);
    if (length === 0) return;
    const token = newToken(this);
    this.lastToken = token;
    this.#exchange = {
      token,
      sentLocal: nowLocal,
      transmitLocal: Number.NaN,
      transmitStamp: 'daemon',
      receiveStamp: 'daemon',
      xmt,
      rec,
    };
    this.requestsSent++;
    emit({
      kind: 'request',
      token,
      sourceIndex: this.sourceIndex,
      address: this.address,
      port: this.port,
      octets: this.#request,
      length,
      bindAddress: this.options.bindAddress,
      bindInterface: this.options.bindInterface,
      dscp: this.options.dscp,
      sticky: this.options.sourcePort === 'sticky',
      associationId: this.id,
    });
  }

  #release(): void {
    if (this.#exchange === null) return;
    const { token } = this.#exchange;
    this.#exchange = null;
    this.#context.emit({ kind: 'release', token, associationId: this.id, final: false });
  }

  #examine(
    nowLocal: LocalSeconds,
    token: number,
    octets: Uint8Array,
    length: number,
    receiveLocal: LocalSeconds,
    address: string,
    port: number,
  ): Verdict {
    this.lastMeasurement = null;
    if (address !== this.address || port !== this.port) return 'wrong-address';
    const reply = emptyReply();
    const flaw = readReply(new DataView(octets.buffer, octets.byteOffset, length), length, reply);
    if (flaw !== null) return flaw;
    const answered = this.#answeredStamps;
    if (answered !== null && sameStamp(reply.rec, answered.rec) && sameStamp(reply.xmt, answered.xmt))
      return 'duplicate';
    const exchange = this.#exchange;
    if (exchange === null || exchange.token !== token) return 'late';
    const mode = matchReply(reply, exchange);
    if (mode === null) return 'bogus';
    const authenticity = this.#authenticator?.check(octets, length) ?? 'authentic';
    // A forged reply leaves the request open: the true one may still come.
    if (authenticity === 'forged') return 'forged';
    if (authenticity === 'nak') return 'kiss-ntsn';
    this.#release();
    this.#answeredStamps = { rec: reply.rec, xmt: reply.xmt };
    const kiss = kissOf(reply);
    if (kiss !== null) return this.#takeKiss(kiss, nowLocal);
    const verdict = this.#take(reply, exchange, mode, receiveLocal);
    if (isAnswer(verdict)) {
      this.poll.answered(nowLocal, this.#context.random);
      this.lastAnswer = reply;
      this.lastVerdict = verdict;
    }
    if (verdict === 'used') this.#adapt(nowLocal);
    return verdict;
  }

  #takeKiss(kiss: Verdict, nowLocal: LocalSeconds): Verdict {
    if (kiss === 'kiss-rate') {
      this.poll.slowDown(nowLocal, this.#context.random);
    } else if (kiss === 'kiss-deny') {
      // Anyone on the path could say so; only a signed refusal is final. An unsigned one is simply no answer.
      if (this.isAuthenticated) this.isDenied = true;
    }
    return kiss;
  }

  #take(reply: Reply, exchange: Exchange, mode: 'basic' | 'interleaved', receiveLocal: LocalSeconds): Verdict {
    const { epoch, leapShiftSeconds, ownRefids } = this.#context;
    if (Number.isNaN(exchange.transmitLocal)) return 'no-transmit-stamp';
    const past = this.interleaved.past;
    const fault = judgeReply(reply, this.options.stratumMax, ownRefids);
    if (fault !== null) {
      this.interleaved.reset();
      return fault;
    }
    const precisionSeconds = 2 ** Math.max(-30, Math.min(0, reply.precisionLog2)) + this.#context.precisionSeconds;
    this.interleaved.answered(exchange, mode, receiveLocal, reply.rec);
    if (mode === 'interleaved' && (past === null || past.wasUsed)) return 'refined';
    const isPast = mode === 'interleaved' && past !== null;
    const stamps: FourStamps = isPast
      ? { transmitLocal: past.transmitLocal, rec: past.rec, xmt: reply.xmt, receiveLocal: past.receiveLocal }
      : { transmitLocal: exchange.transmitLocal, rec: reply.rec, xmt: reply.xmt, receiveLocal };
    if (!isResidencePossible(stamps.rec, stamps.xmt, precisionSeconds)) return 'impossible-stamps';
    const sample = measure(stamps, epoch, leapShiftSeconds, precisionSeconds);
    if (sample === null) return 'impossible-stamps';
    this.lastMeasurement = describeMeasurement(this, reply, sample, mode === 'interleaved', isPast ? past : exchange);
    const verdict = this.#useSample(sample, reply);
    if (verdict === 'used' && mode === 'basic') this.interleaved.used();
    return verdict;
  }

  #useSample(sample: Sample, reply: Reply): Verdict {
    const delay = sample.upSeconds + sample.downSeconds;
    if (delay > this.options.delaySecondsMax) return 'delay-long';
    if (delay < this.options.delaySecondsMin) return 'delay-short';
    if (this.#context.isNearLeap(sample.atLocal) || this.#context.isNearLeap(sample.atLocal + sample.durationSeconds)) {
      return 'near-leap';
    }
    this.#accept(sample, reply.rootDelaySeconds / 2 + reply.rootDispersionSeconds);
    this.lastSampleLocal = sample.atLocal;
    return 'used';
  }

  #accept(raw: Sample, remoteSeconds: number): void {
    const { offsetSeconds, asymmetry } = this.options;
    const upRaw = raw.upSeconds + offsetSeconds;
    const downRaw = raw.downSeconds - offsetSeconds;
    // A known asymmetry helps the estimate; the bound needs no knowledge of the path.
    const shift = asymmetry * (upRaw + downRaw);
    const sample = { ...raw, upSeconds: upRaw - shift, downSeconds: downRaw + shift };
    this.#correctness.add({ ...raw, upSeconds: upRaw, downSeconds: downRaw }, remoteSeconds);
    this.filter.add(sample);
    if (this.#contradiction.isDisproved(this.filter, sample)) this.#startAnew(sample);
    this.samplesUsed++;
    this.recentSamples.push({ sample: raw, remoteSeconds });
    if (this.recentSamples.length > SAVED_SAMPLES) this.recentSamples.shift();
  }

  /** The filter has not understood what happened: it starts over with the newest sample. */
  #startAnew(sample: Sample): void {
    this.filter.reset();
    this.filter.add(sample);
    const receivedLocal = sample.atLocal + sample.durationSeconds / 2;
    this.poll.restart(receivedLocal, this.#context.random, this.options.pollLog2Initial);
  }

  #adapt(nowLocal: LocalSeconds): void {
    this.poll.sampled(nowLocal, this.#context.random);
    if (!this.filter.predict(nowLocal, estimate)) return;
    const measurementSigma = Math.max(estimate.jitterSeconds, this.#context.precisionSeconds);
    const sigmaAfter = (seconds: number): number => {
      this.filter.predict(nowLocal + seconds, estimate);
      return estimate.offsetSigmaSeconds;
    };
    this.poll.adapt(nowLocal, this.#context.random, sigmaAfter, measurementSigma);
  }

  #interval(nowLocal: LocalSeconds, belief: Estimate, out: Interval): boolean {
    return this.#correctness.at(nowLocal, belief.frequency, FREQUENCY_SIGMAS * belief.frequencySigma, out);
  }
}

// Filled and read within one call; saves garbage on every sample.
const estimate: Estimate = { ...NO_ESTIMATE };
const interval: Interval = { lowSeconds: 0, highSeconds: 0 };
