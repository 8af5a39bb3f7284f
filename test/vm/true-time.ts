import { SmearKeeper } from '../../src/core/server/smear-keeper.ts';
import { unsynchronisedVariables } from '../../src/core/system-variables.ts';
import { LinePublisher } from '../../src/daemon/line-publisher.ts';
import { LocalTimescale } from '../../src/native/local-timescale.ts';
import { ServerPool } from '../../src/workers/pool.ts';
import { TimePage } from '../../src/workers/time-page.ts';

const PUBLISH_MS = 100;
const REFID = 0x56_4d_00_00; // "VM"

/**
 * What the virtual machine holds to be true: CLOCK_MONOTONIC_RAW, made ahead and fast by so much. No discipline of the
 * system clock reaches it. Served by the server of the program itself, and read here directly for the verdict.
 */
export class TrueTime {
  private readonly timescale: LocalTimescale;
  private readonly variables = unsynchronisedVariables();
  private readonly publisher: LinePublisher;
  private readonly pool: ServerPool;
  private readonly timer: NodeJS.Timeout;
  /** −1 once the leap second has been inserted. */
  private leapShiftSeconds = 0;

  constructor(port: number, offsetSeconds: number, frequency: number) {
    this.timescale = new LocalTimescale({ offsetSeconds, frequency });
    const page = new TimePage();
    this.publisher = new LinePublisher(page, this.timescale, new SmearKeeper());
    Object.assign(this.variables, {
      leap: 0,
      stratum: 1,
      refid: REFID,
      rootDispersionSeconds: 1e-6,
      dispersionRate: 0,
    });
    this.publish();
    this.pool = new ServerPool({ listeners: [{ address: '127.0.0.1', port }], workers: 1, page });
    this.timer = setInterval(() => this.publish(), PUBLISH_MS);
  }

  ready(): Promise<void> {
    return this.pool.ready();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.pool.stop();
  }

  /** How far the system clock is ahead of the truth now, seconds. */
  systemError(): number {
    this.timescale.sample();
    return this.timescale.systemOffset() - this.leapShiftSeconds;
  }

  /** NTP seconds of the truth now. */
  now(): number {
    const { epoch } = this.timescale;
    return epoch.seconds + epoch.fraction / 2 ** 32 + this.timescale.sample() + this.leapShiftSeconds;
  }

  /** Announces, and then does, the insertion of a second before an instant. */
  insertLeap(eventSeconds: number): void {
    Object.assign(this.variables, { leap: 1, leapEventSeconds: eventSeconds, leapSign: 1 });
  }

  private publish(): void {
    const { variables } = this;
    if (variables.leapSign !== 0 && this.now() >= variables.leapEventSeconds) {
      this.leapShiftSeconds -= variables.leapSign;
      Object.assign(variables, { leap: 0, leapEventSeconds: 0, leapSign: 0 });
      variables.line.offsetSeconds = this.leapShiftSeconds;
    }
    variables.reftimeSeconds = Math.floor(this.now()) >>> 0;
    this.publisher.publish(variables);
  }
}
