import type { SmearKeeper } from '../core/server/smear-keeper.ts';
import type { SystemVariables } from '../core/system-variables.ts';
import { clockPrecisionLog2, SAMPLE_MONO } from '../native/clock-sample.ts';
import { CLOCKS_WORDS, readClocks } from '../native/clocks.ts';
import type { LocalTimescale } from '../native/local-timescale.ts';
import { STRATUM_UNSYNCHRONISED } from '../protocol/header.ts';
import { addSeconds, differenceSeconds, type Timestamp } from '../protocol/timestamp.ts';
import { RealtimeMapping } from '../workers/realtime-mapping.ts';
import { publishSmear, type TimePage, type TimePublication, unsynchronised } from '../workers/time-page.ts';
import { MonoRate } from './mono-rate.ts';

/** A jump of the served clock beyond which stamps from before it are of no more use to interleaved clients. */
const JUMP_SECONDS = 1e-3;

/** Serves the coordinator's best estimate: its line over local time, carried over to CLOCK_MONOTONIC. */
export class LinePublisher {
  private readonly page: TimePage;
  private readonly timescale: LocalTimescale;
  private readonly publication: TimePublication = unsynchronised();
  private readonly clocks: Int32Array = new Int32Array(new ArrayBuffer(CLOCKS_WORDS * 4));
  private readonly mapping: RealtimeMapping = new RealtimeMapping();
  private readonly rate: MonoRate = new MonoRate();
  private readonly served: Timestamp = { seconds: 0, fraction: 0 };
  private readonly expected: Timestamp = { seconds: 0, fraction: 0 };
  private readonly smear: SmearKeeper;
  private monoOriginSeconds = 0;
  private lastMonoSeconds = 0;

  /** @param smear - outlives the publisher. */
  constructor(page: TimePage, timescale: LocalTimescale, smear: SmearKeeper) {
    this.page = page;
    this.smear = smear;
    this.timescale = timescale;
    this.publication.precisionLog2 = clockPrecisionLog2();
  }

  /** What was last published; the object is reused. */
  get published(): Readonly<TimePublication> {
    return this.publication;
  }

  /**
   * To be called a few times a second, and at once when the rate of the system clock was changed.
   *
   * @param localPerMono - the rate that we have just set, where we know it better than it can be measured.
   */
  publish(variables: SystemVariables, localPerMono: number | null = null): void {
    const { publication, timescale, served } = this;
    readClocks(this.clocks);
    this.mapping.update(this.clocks);
    const local = timescale.sample();
    const monoWhole = timescale.row[SAMPLE_MONO] as number;
    const monoNs = timescale.row[SAMPLE_MONO + 1] as number;
    if (this.monoOriginSeconds === 0) this.monoOriginSeconds = monoWhole;
    const monoSeconds = monoWhole - this.monoOriginSeconds + monoNs / 1e9;
    if (localPerMono !== null) this.rate.changed(localPerMono, monoSeconds, local);
    const ratio = localPerMono ?? this.rate.update(monoSeconds, local);

    const { line } = variables;
    const offset = line.offsetSeconds + line.frequency * (local - line.atLocal);
    addSeconds(timescale.epoch.seconds, timescale.epoch.fraction, local + offset, served);
    this.noticeJump(monoSeconds);
    this.followLeap(variables);
    const monoNsTotal = BigInt(monoWhole) * 1_000_000_000n + BigInt(monoNs);
    publication.anchorMonoNsLow = Number(BigInt.asIntN(32, monoNsTotal));
    publication.anchorMonoNsHigh = Number(monoNsTotal >> 32n);
    publication.publishedMonoNsLow = publication.anchorMonoNsLow;
    publication.publishedMonoNsHigh = publication.anchorMonoNsHigh;
    publication.anchorSeconds = served.seconds;
    publication.anchorFraction = served.fraction;
    publication.rate = (1 + line.frequency) * ratio - 1;
    publication.mappingNsLow = this.mapping.low;
    publication.mappingNsHigh = this.mapping.high;
    publication.epoch = this.mapping.epoch;
    publication.leap = variables.leap;
    publication.stratum = variables.stratum;
    publication.refid = variables.refid;
    publication.reftimeSeconds = variables.reftimeSeconds;
    publication.reftimeFraction = variables.reftimeFraction;
    publication.rootDelaySeconds = variables.rootDelaySeconds;
    publication.dispersionRate = variables.dispersionRate;
    publication.rootDispersionSeconds =
      variables.rootDispersionSeconds + variables.dispersionRate * Math.max(0, local - variables.atLocal);
    publication.leapEventSeconds = variables.leapEventSeconds;
    publication.leapSign = variables.leapSign;
    this.page.publish(publication);
  }

  private followLeap(variables: SystemVariables): void {
    const { publication, served, smear } = this;
    const { leapEventSeconds, leapSign, stratum } = variables;
    const hasTime = stratum < STRATUM_UNSYNCHRONISED;
    smear.update(served.seconds, served.fraction, leapEventSeconds, leapSign, hasTime);
    publishSmear(smear, publication);
  }

  /** Compares the served clock with what the last publication promised for this moment. */
  private noticeJump(monoSeconds: number): void {
    const { publication, served, expected } = this;
    const passed = monoSeconds - this.lastMonoSeconds;
    this.lastMonoSeconds = monoSeconds;
    addSeconds(publication.anchorSeconds, publication.anchorFraction, passed * (1 + publication.rate), expected);
    const jump = differenceSeconds(served.seconds, served.fraction, expected.seconds, expected.fraction);
    if (Math.abs(jump) > JUMP_SECONDS) publication.slewEpoch++;
  }
}
