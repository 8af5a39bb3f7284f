import { LEAP_NONE, LEAP_UNKNOWN, STRATUM_UNSYNCHRONISED } from '../../protocol/header.ts';
import { REFID_SMEARING } from '../../protocol/refid.ts';
import { addSeconds, encodeShortRoundedUp, type Timestamp } from '../../protocol/timestamp.ts';
import {
  COPY_AGE_MS,
  COPY_NEVER,
  COPY_NOW_FRACTION,
  COPY_NOW_SECONDS,
  COPY_PRECISION_FLOOR,
  COPY_SINCE_ANCHOR,
  COPY_STATE,
  PAGE_DISPERSION_RATE,
  PAGE_LEAP,
  PAGE_PRECISION,
  PAGE_REFID,
  PAGE_REFTIME_FRACTION,
  PAGE_REFTIME_SECONDS,
  PAGE_ROOT_DELAY,
  PAGE_ROOT_DISPERSION,
  PAGE_SMEAR_APPLIED,
  PAGE_SMEAR_EVENT_SECONDS,
  PAGE_SMEAR_LATE,
  PAGE_SMEAR_SIGN,
  PAGE_STRATUM,
} from './page.ts';
import { isSmearing, isUntold, isWithheld, SMEAR_NONE, type SmearKind, smearOffsetSeconds } from './smear.ts';

/** A page older than this is no longer believed. */
export const PAGE_AGE_MS_MAX = 5000;

const WORD = 4;
const NATIVE = true; // the copy is native endian, and both platforms are little

/**
 * The part of a reply that is alike for all requests of a batch: the system variables as they stand on the wire.
 * Words are signed 32-bit, so that none is boxed. Refreshed once per batch from the worker's copy of the time page.
 */
export class ServedHeader {
  /** False until a page was read: nothing can be answered. */
  usable = false;
  leap: number = LEAP_UNKNOWN;
  /** As on the wire: 0 when unsynchronised. */
  stratum = 0;
  precision = 0;
  /** Leap, stratum and precision where they stand in the header's first word; version, mode and poll are 0. */
  firstWord = 0;
  rootDelay = 0;
  rootDispersion = 0;
  refid = 0;
  reftimeSeconds = 0;
  reftimeFraction = 0;
  private smearing = false;
  private readonly event = { eventSeconds: 0, sign: 0, applied: false };
  private readonly reftime: Timestamp = { seconds: 0, fraction: 0 };

  /**
   * Reads the copy. A page that is stale or unsynchronised gives leap 3 and stratum 0 (RFC 5905 §7.3): old truth is
   * never served silently. Root dispersion grows from the anchor on, and both root values are rounded up.
   */
  refresh(copy: DataView, smear: SmearKind = SMEAR_NONE): void {
    this.usable = copy.getInt32(COPY_STATE * WORD, NATIVE) !== COPY_NEVER;
    if (!this.usable) return;
    const stratum = copy.getInt32(PAGE_STRATUM * WORD, NATIVE);
    const fresh = copy.getInt32(COPY_AGE_MS * WORD, NATIVE) <= PAGE_AGE_MS_MAX;
    const synchronised = fresh && stratum > 0 && stratum < STRATUM_UNSYNCHRONISED;
    this.leap = synchronised ? copy.getInt32(PAGE_LEAP * WORD, NATIVE) & 3 : LEAP_UNKNOWN;
    this.stratum = synchronised ? stratum : 0;
    const precision = copy.getInt32(PAGE_PRECISION * WORD, NATIVE);
    const floor = copy.getInt32(COPY_PRECISION_FLOOR * WORD, NATIVE);
    this.precision = Math.max(floor, precision);
    if (smear !== SMEAR_NONE) this.leap = this.smearedLeap(copy, smear);
    this.firstWord = (this.leap << 30) | (this.stratum << 16) | (this.precision & 0xff);
    const sinceAnchor = copy.getFloat64(COPY_SINCE_ANCHOR * WORD, NATIVE);
    const grown = sinceAnchor > 0 ? sinceAnchor * copy.getFloat64(PAGE_DISPERSION_RATE * WORD, NATIVE) : 0;
    this.rootDelay = encodeShortRoundedUp(copy.getFloat64(PAGE_ROOT_DELAY * WORD, NATIVE)) | 0;
    this.rootDispersion = encodeShortRoundedUp(copy.getFloat64(PAGE_ROOT_DISPERSION * WORD, NATIVE) + grown) | 0;
    this.refid = copy.getInt32(PAGE_REFID * WORD, NATIVE);
    this.reftimeSeconds = copy.getInt32(PAGE_REFTIME_SECONDS * WORD, NATIVE);
    this.reftimeFraction = copy.getInt32(PAGE_REFTIME_FRACTION * WORD, NATIVE);
    if (smear !== SMEAR_NONE) this.smearReference(copy, smear);
  }

  /** A smeared listener's clients never hear of the leap second; of one learned or taken back too late, or that nobody knows of, they hear that we do not know. */
  private smearedLeap(copy: DataView, smear: SmearKind): number {
    const { event } = this;
    event.eventSeconds = copy.getInt32(PAGE_SMEAR_EVENT_SECONDS * WORD, NATIVE);
    event.sign = copy.getInt32(PAGE_SMEAR_SIGN * WORD, NATIVE);
    event.applied = copy.getInt32(PAGE_SMEAR_APPLIED * WORD, NATIVE) !== 0;
    const now = copy.getInt32(COPY_NOW_SECONDS * WORD, NATIVE);
    const lateness = copy.getInt32(PAGE_SMEAR_LATE * WORD, NATIVE);
    const within = isSmearing(smear, event, now, copy.getInt32(COPY_NOW_FRACTION * WORD, NATIVE));
    this.smearing = within && !isWithheld(smear, lateness);
    // Not by the page's leap, which is unknown in the seconds around the leap second too: these clients see none.
    return this.stratum === 0 || (within && isUntold(smear, lateness)) ? LEAP_UNKNOWN : LEAP_NONE;
  }

  /** Reference id and time as the smeared clock has them. */
  private smearReference(copy: DataView, smear: SmearKind): void {
    if (this.smearing && this.stratum > 0) this.refid = REFID_SMEARING;
    if (isWithheld(smear, copy.getInt32(PAGE_SMEAR_LATE * WORD, NATIVE))) return;
    const { event, reftime } = this;
    const offset = smearOffsetSeconds(smear, event, this.reftimeSeconds, this.reftimeFraction);
    addSeconds(this.reftimeSeconds, this.reftimeFraction, offset, reftime);
    this.reftimeSeconds = reftime.seconds | 0;
    this.reftimeFraction = reftime.fraction | 0;
  }
}
