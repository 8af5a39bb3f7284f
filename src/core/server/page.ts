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
export const PAGE_RATE = 17;
export const PAGE_MAPPING_NS = 19;
export const PAGE_EPOCH = 21;
export const PAGE_PUBLISHED_MONO_NS = 22;
export const PAGE_GENERATION = 24;
export const PAGE_LEAP_EVENT_SECONDS = 25;
export const PAGE_LEAP_SIGN = 26;
export const PAGE_SLEW_EPOCH = 27;
export const PAGE_WORDS = 64;
