import { localTime } from '../core/local-time.ts';
import { clockPrecisionLog2 } from '../native/clock-sample.ts';
import { readTimex, TIMEX_MAXIMUM_ERROR, TIMEX_STATUS, timexRow } from '../native/timex.ts';
import { UNIX_EPOCH_NTP_SECONDS } from '../protocol/timestamp.ts';
import { SystemClockPublisher } from '../workers/system-clock-publisher.ts';
import { type TimePage, type TimePublication, unsynchronised } from '../workers/time-page.ts';

const PUBLISH_MS = 1000;
/** The kernel lets its maximum error grow by this much per second. */
const KERNEL_DISPERSION_RATE = 500e-6;

/** Sign of the leap second that a leap indicator announces. */
const LEAP_SIGNS: readonly number[] = [0, 1, -1, 0];
const DAY_MS = 86_400_000;

export interface LocalPublisherOptions {
  readonly page: TimePage;
  /** 16: nobody vouches for the local clock. */
  readonly localStratum: number;
  readonly referenceId: number;
  /** Whether what the kernel says about its clock may be served: nobody on this machine follows us then. */
  readonly trustKernel: boolean;
}

/** Serves the system clock as it is, with what the operator or the kernel says about it. */
export class LocalPublisher {
  private readonly options: LocalPublisherOptions;
  private readonly precisionLog2: number = clockPrecisionLog2();
  private readonly clock: SystemClockPublisher;
  private readonly publication: TimePublication = unsynchronised();
  private readonly timex: Float64Array = timexRow();
  private timer: NodeJS.Timeout | null = null;

  constructor(options: LocalPublisherOptions) {
    this.options = options;
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
  }

  private publish(): void {
    const { publication, options, precisionLog2 } = this;
    const time = localTime({ ...options, precisionLog2, kernel: options.trustKernel ? this.kernelState() : null });
    publication.leap = time.leap;
    publication.stratum = time.stratum;
    publication.refid = time.refid;
    publication.precisionLog2 = precisionLog2;
    publication.rootDelaySeconds = time.rootDelaySeconds;
    publication.rootDispersionSeconds = time.rootDispersionSeconds;
    publication.dispersionRate = options.localStratum < 16 ? 0 : KERNEL_DISPERSION_RATE;
    publication.leapSign = LEAP_SIGNS[time.leap] ?? 0;
    publication.leapEventSeconds = publication.leapSign === 0 ? 0 : nextMidnight(Date.now());
    this.clock.publish(publication);
  }

  private kernelState(): { state: number; status: number; maximumErrorUs: number } {
    const { timex } = this;
    const state = readTimex(timex);
    const [status = 0, maximumErrorUs = 0] = [timex[TIMEX_STATUS], timex[TIMEX_MAXIMUM_ERROR]];
    return { state: state < 0 ? 5 : state, status, maximumErrorUs };
  }
}

/** The end of the UTC day, when the kernel inserts or deletes the second that it was told of: NTP seconds. */
function nextMidnight(unixMs: number): number {
  return ((Math.floor(unixMs / DAY_MS) + 1) * (DAY_MS / 1000) + UNIX_EPOCH_NTP_SECONDS) >>> 0;
}
