/**
 * The packet table as TypeScript sees it: SLOT_WORDS 32-bit words per slot (addon/layout.h declares them;
 * native/binding.ts compares the two at load). Word offsets from the start of a slot's row.
 */
export const SLOT_START = 0;
export const SLOT_LENGTH = 1;
export const SLOT_RX_SECONDS = 2;
export const SLOT_RX_FRACTION = 3;
export const SLOT_RX_SOURCE = 4;
/** Four words; IPv4 is v4-mapped (0, 0, 0xffff, a.b.c.d). */
export const SLOT_ADDRESS = 5;
export const SLOT_PORT = 9;
export const SLOT_LISTENER = 10;
export const SLOT_REPLY_LENGTH = 11;
export const SLOT_REPLY_FLAGS = 12;
export const SLOT_SEAL_KEY = 13;
export const SLOT_TX_SECONDS = 14;
export const SLOT_TX_FRACTION = 15;
export const SLOT_AGE_US = 16;
export const SLOT_FLAGS = 17;
export const SLOT_TX_COOKIE = 18;
/** Interface index the packet came in by; not known (top bit set) at sockets bound to one address. */
export const SLOT_INTERFACE = 19;
export const SLOT_WORDS = 20;

export const STAMP_DAEMON = 0;
export const STAMP_KERNEL = 1;
export const STAMP_HARDWARE = 2;

export const REPLY_REPORT_TX = 1;
export const REPLY_XMT_GIVEN = 2;
export const REPLY_SEAL_MAC = 4;
export const REPLY_SEAL_NTS = 8;

export const SLOT_TRUNCATED = 1;
export const SLOT_EPOCH_CHANGED = 2;
/** The source is the address and port the packet was sent to: a spoofed loop. */
export const SLOT_FROM_SELF = 4;

/** The transmit report: one row per reply that asked with REPLY_REPORT_TX and whose stamp has come. */
export const TX_REPORT_COOKIE = 0;
export const TX_REPORT_SECONDS = 1;
export const TX_REPORT_FRACTION = 2;
export const TX_REPORT_SOURCE = 3;
export const TX_REPORT_WORDS = 4;
