import { UNITS_PER_SECOND } from './bucket-table.ts';
import { STANDING_QUIET_UNITS_MAX } from './standing-rows.ts';

/** All unknown clients may enter, and the least share of them that always may: of 2^16. */
export const SHARE_ALL: number = 2 ** 16;
export const SHARE_MIN: number = 2 ** 8;

/**
 * A packet that waited this long says that the queue is long. Every batch must say so, and be full, for a tenth of a
 * second: what piled up while the worker did not run, a full queue of 20 ms, is answered before that, at up to 85 % of
 * what can be answered, and nobody needs to be kept out for it.
 */
const LONG_US = 5_000;
const LONG_UNITS = Math.floor(UNITS_PER_SECOND / 10);
/** What the queue is held at: hardly ever empty, so that no capacity lies idle, and far from full (some 20 ms). */
const TARGET_US = 7_000;
/** A deviation from it is to be gone after this time: several times what it takes until a share shows in the queue. */
const SETTLE_US = 100_000;
/** A queue shorter than this may have been empty in between, so that more could have been answered than was. */
const BUSY_US = 1_000;
/** Weights of an interval in what is known of capacity and unknown clients, and of the clients that always enter. */
const WEIGHT = 1 / 8;
const ALWAYS_WEIGHT = 1 / 16;
/** Growth of the capacity that is assumed, per interval with an empty queue. */
const CAPACITY_GROWTH = 1 / 32;
/** The share is set so often, in units of bucket-table's time: 8 ms. */
const INTERVAL_UNITS = UNITS_PER_SECOND >> 7;
/** With room for all for so long the overload ends: a second. */
const CALM_UNITS = UNITS_PER_SECOND;
/** Who was there this many standing units before the overload began has nothing to do with it. */
const MARGIN_UNITS = 2;
const STANDING_MASK = 0xffff;

/** What `step` says has changed. */
export const OVERLOAD_SAME = 0;
export const OVERLOAD_BEGAN = 1;
export const OVERLOAD_SET = 2;
export const OVERLOAD_ENDED = 3;

/**
 * When a worker is overloaded, and how many of the clients that are not in good standing may enter its queue then: as
 * many as it can answer beside the others. Fed with what one batch after the other shows. Allocates nothing.
 */
export class OverloadPolicy {
  active = false;
  /** Of 2^16 unknown clients so many may enter. */
  share: number = SHARE_ALL;
  /** Clients must be there since this standing unit. Who comes during an overload is unknown until its end, or an hour. */
  admitBefore = 0;
  private isLong = false;
  private longSince = 0;
  private calmUnits = 0;
  private begunUnit = 0;
  private intervalBegan = 0;
  private received = 0;
  /** Requests per interval: those that can be answered, those of unknown clients, and those that enter whatever the share. */
  private capacity = 0;
  private unknown = 0;
  private always = 0;
  private shedBefore = 0;
  private admittedBefore = 0;

  /**
   * @param nowUnits - monotonic time, as bucket-table's `BucketTime` has it.
   * @param standingUnit - the same as `toStandingUnits` has it.
   * @param received - requests of the batch. @param full - whether it could have been more.
   * @param ageUs - how long the first of them waited.
   * @param shed - unknown requests kept out so far, modulo 2^32. @param admitted - and let in.
   * @returns OVERLOAD_*: whether an overload began or ended, or `share` and `admitBefore` were set anew.
   */
  step(
    nowUnits: number,
    standingUnit: number,
    received: number,
    full: boolean,
    ageUs: number,
    shed: number,
    admitted: number,
  ): number {
    const isLong = ageUs >= LONG_US;
    if (!this.active) {
      if (!this.lasts(nowUnits, full && isLong)) return OVERLOAD_SAME;
      this.active = true;
      this.isLong = false;
      this.share = SHARE_ALL;
      this.begunUnit = standingUnit;
      this.calmUnits = 0;
      this.capacity = 0;
      this.unknown = 0;
      this.always = 0;
      this.begin(nowUnits, shed, admitted);
      this.setAdmitBefore(standingUnit);
      return OVERLOAD_BEGAN;
    }
    this.received += received;
    const elapsed = (nowUnits - this.intervalBegan) | 0;
    if (elapsed < INTERVAL_UNITS) return OVERLOAD_SAME;
    this.setShare(ageUs, elapsed, (shed - this.shedBefore) | 0, (admitted - this.admittedBefore) | 0);
    this.setAdmitBefore(standingUnit);
    this.begin(nowUnits, shed, admitted);
    this.calmUnits = this.share === SHARE_ALL && !isLong ? this.calmUnits + elapsed : 0;
    if (this.calmUnits < CALM_UNITS) return OVERLOAD_SET;
    this.active = false;
    return OVERLOAD_ENDED;
  }

  /** Whether the queue has been long in every batch for LONG_UNITS. */
  private lasts(nowUnits: number, isLong: boolean): boolean {
    if (isLong && !this.isLong) this.longSince = nowUnits;
    this.isLong = isLong;
    return isLong && ((nowUnits - this.longSince) | 0) >= LONG_UNITS;
  }

  private begin(nowUnits: number, shed: number, admitted: number): void {
    this.intervalBegan = nowUnits;
    this.received = 0;
    this.shedBefore = shed;
    this.admittedBefore = admitted;
  }

  /** Sets the share that fills what is left beside those who always enter; and brings the queue to its target. */
  private setShare(ageUs: number, elapsed: number, shed: number, admitted: number): void {
    const perInterval = INTERVAL_UNITS / elapsed;
    const received = this.received * perInterval;
    const unknown = (shed + admitted) * perInterval;
    if (this.unknown === 0) this.unknown = unknown;
    else this.unknown += (unknown - this.unknown) * WEIGHT;
    this.always += (received - admitted * perInterval - this.always) * ALWAYS_WEIGHT;
    const always = Math.max(0, this.always);
    if (this.capacity === 0) this.capacity = received;
    else if (ageUs >= BUSY_US) this.capacity += (received - this.capacity) * WEIGHT;
    else if (received > this.capacity) this.capacity = received;
    else if (always + this.unknown > this.capacity) this.capacity *= 1 + CAPACITY_GROWTH;
    // All that came could be answered: what came before says nothing any more.
    if (ageUs < BUSY_US && received + shed * perInterval <= this.capacity) this.unknown = unknown;
    const room = this.capacity * (1 + (TARGET_US - ageUs) / SETTLE_US) - always;
    const share = this.unknown > 0 ? Math.floor((room / this.unknown) * SHARE_ALL) : SHARE_ALL;
    this.share = Math.min(SHARE_ALL, Math.max(SHARE_MIN, share));
  }

  private setAdmitBefore(standingUnit: number): void {
    const lasts = (standingUnit - this.begunUnit) & STANDING_MASK;
    const since = lasts > STANDING_QUIET_UNITS_MAX ? standingUnit - STANDING_QUIET_UNITS_MAX : this.begunUnit;
    this.admitBefore = (since - MARGIN_UNITS) & STANDING_MASK;
  }
}
