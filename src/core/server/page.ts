/**
 * Word indices of the time page (addon/layout.h declares them; native/binding.ts compares the two at load).
 * A double or an int64 takes two words, low word first.
 */
export const PAGE_SEQUENCE = 0;
export const PAGE_LEAP = 1;
export const PAGE_STRATUM = 2;
export const PAGE_PRECISION = 3;
export const PAGE_REFID = 4;
export const PAGE_REFTIME_SECONDS = 5;
export const PAGE_REFTIME_FRACTION = 6;
export const PAGE_ROOT_DELAY = 7;
export const PAGE_ROOT_DISPERSION = 9;
export const PAGE_DISPERSION_RATE = 11;
export const PAGE_ANCHOR_MONO_NS = 13;
export const PAGE_ANCHOR_SECONDS = 15;
export const PAGE_ANCHOR_FRACTION = 16;
/** Double: seconds that the served clock gains on CLOCK_MONOTONIC per second of it; 0 when both run alike. */
export const PAGE_RATE = 17;
export const PAGE_MAPPING_NS = 19;
export const PAGE_EPOCH = 21;
export const PAGE_PUBLISHED_MONO_NS = 22;
export const PAGE_GENERATION = 24;
export const PAGE_LEAP_EVENT_SECONDS = 25;
export const PAGE_LEAP_SIGN = 26;
export const PAGE_SLEW_EPOCH = 27;
/** The leap second that smears are about; valid while the sign is not 0. */
export const PAGE_SMEAR_EVENT_SECONDS = 28;
export const PAGE_SMEAR_SIGN = 29;
/** 1: this clock has done the leap. */
export const PAGE_SMEAR_APPLIED = 30;
/** SMEAR_LATE: learned after the linear smear should have begun; SMEAR_UNKNOWN: nobody knows of any smear; SMEAR_TAKEN_BACK. */
export const PAGE_SMEAR_LATE = 31;
export const PAGE_WORDS = 64;

/**
 * The worker's own copy, in plain memory: the page's words, then what the addon adds at each exchange. The packet
 * path reads this and never the page.
 */
export const COPY_STATE = 64;
/** Milliseconds since the publication, at most 2^30. */
export const COPY_AGE_MS = 65;
/** Double: seconds from the anchor to this exchange. */
export const COPY_SINCE_ANCHOR = 66;
export const COPY_NOW_SECONDS = 68;
export const COPY_NOW_FRACTION = 69;
/** log2 s: precision on the wire is never finer than the spread of the T3 correction. */
export const COPY_PRECISION_FLOOR = 70;
/** Rows of the transmit report that this exchange filled. */
export const COPY_TX_REPORTS = 71;
/** The monotonic clock at this exchange: whole seconds, and nanoseconds. */
export const COPY_MONO_SECONDS = 72;
export const COPY_MONO_NANOSECONDS = 73;
export const COPY_WORDS = 74;

/** Values of COPY_STATE: read in this or an earlier exchange; kept because reading failed; never read yet. */
export const COPY_FRESH = 0;
export const COPY_KEPT = 1;
export const COPY_NEVER = 2;
