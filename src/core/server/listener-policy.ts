import type { AccessTables } from './access.ts';
import type { RateLimits } from './rate-limit.ts';
import { SMEAR_NONE, type SmearKind } from './smear.ts';

/**
 * What one listener answers. Plain data, fixed in shape: it is handed to the workers as it is, and the packet path reads
 * it without looking up.
 */
export interface ListenerPolicy {
  /** Bit v set: version v is answered. */
  readonly versions: number;
  /** A request that waited longer, in microseconds, is dropped: its client has given up. */
  readonly staleLimitUs: number;
  /** Who may ask; null: everyone. */
  readonly access: AccessTables | null;
  /** How often; null: as often as they like. Sources on loopback always may. */
  readonly limits: RateLimits | null;
  /** Whether in overload clients that are not in good standing wait for the others; where there are limits. */
  readonly shedUnknown: boolean;
  /** Whether clients get the true transmit stamps of earlier replies when they ask for them (RFC 9769). */
  readonly interleaved: boolean;
  /** Whether a request with an unknown key or a bad MAC is told so (RFC 5905 §7.3); it is counted as dropped anyway. */
  readonly cryptoNak: boolean;
  /** How leap seconds are hidden from clients. */
  readonly smear: SmearKind;
}

/** Versions 1 to 4, a second for a request to wait, interleaved mode, no limits. */
export const DEFAULT_POLICY: ListenerPolicy = {
  versions: 0b11110,
  staleLimitUs: 1_000_000,
  access: null,
  limits: null,
  shedUnknown: true,
  interleaved: true,
  cryptoNak: false,
  smear: SMEAR_NONE,
};
