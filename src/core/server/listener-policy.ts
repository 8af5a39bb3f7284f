/** What one listener answers. Plain and fixed in shape, so that the packet path reads it without looking up. */
export interface ListenerPolicy {
  /** Bit v set: version v is answered. */
  readonly versions: number;
  /** A request that waited longer, in microseconds, is dropped: its client has given up. */
  readonly staleLimitUs: number;
}

/** Versions 1 to 4, and a second for a request to wait. */
export const DEFAULT_POLICY: ListenerPolicy = { versions: 0b11110, staleLimitUs: 1_000_000 };
