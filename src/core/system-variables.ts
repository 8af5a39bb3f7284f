import { LEAP_UNKNOWN, STRATUM_UNSYNCHRONISED } from '../protocol/header.ts';
import type { ClockLine, LocalSeconds } from './ports.ts';

/** Largest frequency error that a corrected clock is trusted not to exceed, s/s (RFC 5905 §7.2, PHI). */
export const PHI = 15e-6;

/**
 * What the server tells downstream (RFC 5905 §11.1), as the driver copies it to the time page. One object for
 * the life of a coordinator, overwritten in place; `generation` grows with every change.
 */
export interface SystemVariables {
  generation: number;
  /** 0–3; 3 within a second of a leap, before the first selection and after `max-distance`. */
  leap: number;
  /** 1–16; 16 is unsynchronised (0 on the wire). */
  stratum: number;
  /** 32-bit word, unsigned. */
  refid: number;
  /** When the clock was last corrected, NTP time. */
  reftimeSeconds: number;
  reftimeFraction: number;
  rootDelaySeconds: number;
  /** At `atLocal`; from then on it grows by `dispersionRate` per second. */
  rootDispersionSeconds: number;
  dispersionRate: number;
  atLocal: LocalSeconds;
  /** The best estimate of the time, to be served. Not limited by what the clock under discipline can do. */
  readonly line: ClockLine;
  /** The instant of the next leap second, NTP seconds (00:00:00 UTC of the following day); 0: none known. */
  leapEventSeconds: number;
  /** +1 a second is inserted before that instant, −1 deleted, 0 none. */
  leapSign: number;
}

/** System variables of a clock that follows nothing. */
export function unsynchronisedVariables(): SystemVariables {
  return {
    generation: 0,
    leap: LEAP_UNKNOWN,
    stratum: STRATUM_UNSYNCHRONISED,
    refid: 0,
    reftimeSeconds: 0,
    reftimeFraction: 0,
    rootDelaySeconds: 0,
    rootDispersionSeconds: 0,
    dispersionRate: PHI,
    atLocal: 0,
    line: { atLocal: 0, offsetSeconds: 0, frequency: 0 },
    leapEventSeconds: 0,
    leapSign: 0,
  };
}
