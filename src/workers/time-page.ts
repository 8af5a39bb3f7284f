import * as page from '../core/server/page.ts';
import type { SmearKeeper } from '../core/server/smear-keeper.ts';

/** What a publication says: system variables and the served clock. */
export interface TimePublication {
  /** 0–3 as on the wire. */
  leap: number;
  /** 1–15, or 16 for unsynchronised. */
  stratum: number;
  precisionLog2: number;
  refid: number;
  reftimeSeconds: number;
  reftimeFraction: number;
  rootDelaySeconds: number;
  /** At the anchor; grows by `dispersionRate` seconds per second from there. */
  rootDispersionSeconds: number;
  dispersionRate: number;
  /** CLOCK_MONOTONIC of the anchor in ns, as low and high word. */
  anchorMonoNsLow: number;
  anchorMonoNsHigh: number;
  /** The served clock at the anchor. */
  anchorSeconds: number;
  anchorFraction: number;
  /** Seconds that the served clock gains on CLOCK_MONOTONIC per second. */
  rate: number;
  /** CLOCK_REALTIME − CLOCK_MONOTONIC in ns, as low and high word. */
  mappingNsLow: number;
  mappingNsHigh: number;
  /** Bumped when the realtime clock was set. */
  epoch: number;
  /** CLOCK_MONOTONIC of the publication in ns; a page older than 5 s is not believed. */
  publishedMonoNsLow: number;
  publishedMonoNsHigh: number;
  /** NTP second before which a leap second is inserted or deleted; 0 when none is known. */
  leapEventSeconds: number;
  /** +1 insert, −1 delete, 0 none. */
  leapSign: number;
  /** The leap second that smears are about, as SmearKeeper follows it. */
  smearEventSeconds: number;
  smearSign: number;
  smearApplied: boolean;
  smearLateness: number;
  /** Bumped when stored stamps can no longer be converted. */
  slewEpoch: number;
}

/** A publication that says "unsynchronised", to be filled in. */
export function unsynchronised(): TimePublication {
  return {
    leap: 3,
    stratum: 16,
    precisionLog2: -24,
    refid: 0,
    reftimeSeconds: 0,
    reftimeFraction: 0,
    rootDelaySeconds: 0,
    rootDispersionSeconds: 0,
    dispersionRate: 15e-6,
    anchorMonoNsLow: 0,
    anchorMonoNsHigh: 0,
    anchorSeconds: 0,
    anchorFraction: 0,
    rate: 0,
    mappingNsLow: 0,
    mappingNsHigh: 0,
    epoch: 0,
    publishedMonoNsLow: 0,
    publishedMonoNsHigh: 0,
    leapEventSeconds: 0,
    leapSign: 0,
    smearEventSeconds: 0,
    smearSign: 0,
    smearApplied: false,
    smearLateness: 0,
    slewEpoch: 0,
  };
}

/** Copies what the workers need of the keeper of leap seconds. */
export function publishSmear(smear: SmearKeeper, time: TimePublication): void {
  time.smearEventSeconds = smear.eventSeconds;
  time.smearSign = smear.sign;
  time.smearApplied = smear.applied;
  time.smearLateness = smear.lateness;
}

/**
 * The writer's side of the time page: the one place that publishes what the workers serve. One writer, under a
 * sequence lock; every word is an Int32 written with Atomics, because plain stores around an atomic counter may
 * become visible in another order on arm64.
 */
export class TimePage {
  readonly memory: SharedArrayBuffer = new SharedArrayBuffer(page.PAGE_WORDS * Int32Array.BYTES_PER_ELEMENT);
  private readonly words: Int32Array = new Int32Array(this.memory);
  private readonly double: Float64Array = new Float64Array(1);
  private readonly halves: Int32Array = new Int32Array(this.double.buffer);

  /** Publishes; readers see all of it or none. */
  publish(time: TimePublication): void {
    const { words } = this;
    Atomics.add(words, page.PAGE_SEQUENCE, 1);
    Atomics.store(words, page.PAGE_LEAP, time.leap);
    Atomics.store(words, page.PAGE_STRATUM, time.stratum);
    Atomics.store(words, page.PAGE_PRECISION, time.precisionLog2);
    Atomics.store(words, page.PAGE_REFID, time.refid | 0);
    Atomics.store(words, page.PAGE_REFTIME_SECONDS, time.reftimeSeconds | 0);
    Atomics.store(words, page.PAGE_REFTIME_FRACTION, time.reftimeFraction | 0);
    this.storeDouble(page.PAGE_ROOT_DELAY, time.rootDelaySeconds);
    this.storeDouble(page.PAGE_ROOT_DISPERSION, time.rootDispersionSeconds);
    this.storeDouble(page.PAGE_DISPERSION_RATE, time.dispersionRate);
    Atomics.store(words, page.PAGE_ANCHOR_MONO_NS, time.anchorMonoNsLow | 0);
    Atomics.store(words, page.PAGE_ANCHOR_MONO_NS + 1, time.anchorMonoNsHigh | 0);
    Atomics.store(words, page.PAGE_ANCHOR_SECONDS, time.anchorSeconds | 0);
    Atomics.store(words, page.PAGE_ANCHOR_FRACTION, time.anchorFraction | 0);
    this.storeDouble(page.PAGE_RATE, time.rate);
    Atomics.store(words, page.PAGE_MAPPING_NS, time.mappingNsLow | 0);
    Atomics.store(words, page.PAGE_MAPPING_NS + 1, time.mappingNsHigh | 0);
    Atomics.store(words, page.PAGE_EPOCH, time.epoch | 0);
    Atomics.store(words, page.PAGE_PUBLISHED_MONO_NS, time.publishedMonoNsLow | 0);
    Atomics.store(words, page.PAGE_PUBLISHED_MONO_NS + 1, time.publishedMonoNsHigh | 0);
    Atomics.add(words, page.PAGE_GENERATION, 1);
    Atomics.store(words, page.PAGE_LEAP_EVENT_SECONDS, time.leapEventSeconds | 0);
    Atomics.store(words, page.PAGE_LEAP_SIGN, time.leapSign | 0);
    Atomics.store(words, page.PAGE_SMEAR_EVENT_SECONDS, time.smearEventSeconds | 0);
    Atomics.store(words, page.PAGE_SMEAR_SIGN, time.smearSign | 0);
    Atomics.store(words, page.PAGE_SMEAR_APPLIED, time.smearApplied ? 1 : 0);
    Atomics.store(words, page.PAGE_SMEAR_LATE, time.smearLateness);
    Atomics.store(words, page.PAGE_SLEW_EPOCH, time.slewEpoch | 0);
    Atomics.add(words, page.PAGE_SEQUENCE, 1);
  }

  private storeDouble(word: number, value: number): void {
    this.double[0] = value;
    Atomics.store(this.words, word, this.halves[0] as number);
    Atomics.store(this.words, word + 1, this.halves[1] as number);
  }
}
