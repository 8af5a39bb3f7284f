/**
 * Word indices of the page of network cards' clocks (addon/layout.h declares them; native/binding.ts compares the two
 * at load): a sequence lock, a count, and a line per interface. A double or an int64 takes two words, low first.
 */
export const PHC_SEQUENCE = 0;
export const PHC_COUNT = 1;
export const PHC_FIRST_LINE = 2;
export const PHC_LINES = 16;

/** Word offsets within a line. */
export const PHC_LINE_INTERFACE = 0;
export const PHC_LINE_ANCHOR_CARD_NS = 1;
/** CLOCK_MONOTONIC at the card's anchor. */
export const PHC_LINE_ANCHOR_MONO_NS = 3;
/** Double: seconds that CLOCK_MONOTONIC gains on the card per second of it. */
export const PHC_LINE_RATE = 5;
/** The line is not to be used after this instant of CLOCK_MONOTONIC. */
export const PHC_LINE_VALID_MONO_NS = 7;
/** Double: how long an octet takes on the link. */
export const PHC_LINE_NS_PER_OCTET = 9;
export const PHC_LINE_WORDS = 11;
export const PHC_PAGE_WORDS: number = PHC_FIRST_LINE + PHC_LINES * PHC_LINE_WORDS;
