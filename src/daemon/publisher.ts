import { absoluteOfWire } from '../core/discipline/calendar.ts';
import type { LeapFile } from '../core/discipline/leap-file.ts';
import { LocalLeap } from '../core/local-leap.ts';
import { localTime } from '../core/local-time.ts';
import type { SmearKeeper } from '../core/server/smear-keeper.ts';
import { clockPrecisionLog2 } from '../native/clock-sample.ts';
import { readTimex, TIMEX_MAXIMUM_ERROR, TIMEX_STATUS, timexRow } from '../native/timex.ts';
import { LEAP_UNKNOWN, STRATUM_UNSYNCHRONISED } from '../protocol/header.ts';
import { SystemClockPublisher } from '../workers/system-clock-publisher.ts';
import { publishSmear, type TimePage, type TimePublication, unsynchronised } from '../workers/time-page.ts';
import type { Logger } from './logger.ts';

const PUBLISH_MS = 1000;
/** The kernel lets its maximum error grow by this much per second. */
const KERNEL_DISPERSION_RATE = 500e-6;
/** The leap second is looked forward to from here on, so that it is done at its moment. */
const LEAP_NEAR_SECONDS = 2;
/** A kernel that was told of it has done it by then. */
const TICK_MS = 10;

export interface LocalPublisherOptions {
  readonly page: TimePage;
  /** 16: nobody vouches for the local clock. */
  readonly localStratum: number;
  readonly referenceId: number;
  /** Whether what the kernel says about its clock may be served: nobody on this machine follows us then. */
  readonly trustKernel: boolean;
  /** The leap-seconds.list, if there is one. */
  readonly leapFile: LeapFile | null;
  /** Outlives the publisher. */
  readonly smear: SmearKeeper;
  readonly log: Logger;
}

/** Serves the system clock as it is, with what the operator or the kernel says about it. */
export class LocalPublisher {
  private readonly options: LocalPublisherOptions;
  private readonly precisionLog2: number = clockPrecisionLog2();
  private readonly clock: SystemClockPublisher;
  private readonly publication: TimePublication = unsynchronised();
  private readonly timex: Float64Array = timexRow();
  private readonly leap: LocalLeap;
  private timer: NodeJS.Timeout | null = null;
  private leapTimer: NodeJS.Timeout | null = null;

  constructor(options: LocalPublisherOptions) {
    this.options = options;
    this.leap = new LocalLeap(options.leapFile);
    this.clock = new SystemClockPublisher(options.page);
  }

  /** What was last published; the object is reused. */
  get published(): Readonly<TimePublication> {
    return this.publication;
  }

  /** Publishes now and once a second from then on. */
  start(): void {
    this.publish();
    this.timer = setInterval(() => this.publish(), PUBLISH_MS);
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    if (this.leapTimer !== null) clearTimeout(this.leapTimer);
  }

  private publish(): void {
    const { publication, options, precisionLog2 } = this;
    const time = localTime({ ...options, precisionLog2, kernel: options.trustKernel ? this.kernelState() : null });
    publication.stratum = time.stratum;
    publication.refid = time.refid;
    publication.precisionLog2 = precisionLog2;
    publication.rootDelaySeconds = time.rootDelaySeconds;
    publication.rootDispersionSeconds = time.rootDispersionSeconds;
    publication.dispersionRate = options.localStratum < 16 ? 0 : KERNEL_DISPERSION_RATE;
    this.followLeap(time.leap, this.clock.read(publication));
    options.page.publish(publication);
  }

  /** Does and announces leap seconds. @param steppedSeconds - by how much the system clock was set since the last time. */
  private followLeap(announced: number, steppedSeconds: number): void {
    const { publication, leap, options } = this;
    const { anchorSeconds, anchorFraction } = publication;
    const system = absoluteOfWire(anchorSeconds) + (anchorFraction >>> 0) / 2 ** 32;
    const before = leap.shiftSeconds;
    leap.update(system, steppedSeconds, announced);
    if (leap.shiftSeconds !== before) {
      publication.slewEpoch++;
      options.log.warn(describeShift(leap.shiftSeconds));
    }
    const hasTime = publication.stratum < STRATUM_UNSYNCHRONISED;
    publication.anchorSeconds = (anchorSeconds + leap.shiftSeconds) | 0;
    publication.reftimeSeconds = publication.anchorSeconds;
    publication.leap = hasTime ? leap.indicator(system) : LEAP_UNKNOWN;
    publication.leapEventSeconds = leap.eventSeconds;
    publication.leapSign = leap.sign;
    const { smear } = options;
    smear.update(publication.anchorSeconds, anchorFraction, leap.eventSeconds, leap.sign, hasTime);
    publishSmear(smear, publication);
    this.waitForLeap(leap.dueInSeconds(system));
  }

  private waitForLeap(seconds: number): void {
    if (this.leapTimer !== null) clearTimeout(this.leapTimer);
    this.leapTimer = null;
    if (seconds > LEAP_NEAR_SECONDS || this.timer === null) return;
    this.leapTimer = setTimeout(() => this.publish(), Math.ceil(Math.max(0, seconds) * 1000) + TICK_MS);
  }

  private kernelState(): { state: number; status: number; maximumErrorUs: number } {
    const { timex } = this;
    const state = readTimex(timex);
    const [status = 0, maximumErrorUs = 0] = [timex[TIMEX_STATUS], timex[TIMEX_MAXIMUM_ERROR]];
    return { state: state < 0 ? 5 : state, status, maximumErrorUs };
  }
}

function describeShift(shiftSeconds: number): string {
  if (shiftSeconds === 0) return 'the system clock has done the leap second now: it is served as it is again';
  return `nobody did the leap second on the system clock: it is served ${shiftSeconds} s off until it is set or we restart`;
}
