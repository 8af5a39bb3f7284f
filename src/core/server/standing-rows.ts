/**
 * The standing map as TypeScript sees it (addon/layout.h declares it; native/binding.ts compares the two at load): rows
 * of STANDING_ROW_WORDS words, first the sets of clients that are known, then a row for each worker.
 */
export const STANDING_ROW_WORDS = 16;
/** A set has so many tags (0 = free), then as many times: since << 16 | last, in units modulo 2^16. */
export const STANDING_WAYS = 8;
/** A client that was quiet for more units is no longer in good standing. */
export const STANDING_QUIET_UNITS_MAX = 900;

/** Of a worker's row: of 2^16 unknown clients so many may enter. */
export const STANDING_SHARE = 0;
/** The present, in units. */
export const STANDING_NOW = 1;
/** Who has been there since this unit or longer is in good standing. */
export const STANDING_ADMIT_BEFORE = 2;
/** Counters of 64 bits that the filter writes, low word first: unknown clients kept out, and let in. */
export const STANDING_SHED = 4;
export const STANDING_ADMITTED = 6;
