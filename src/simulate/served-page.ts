import {
  COPY_AGE_MS,
  COPY_FRESH,
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
  PAGE_STRATUM,
} from '../core/server/page.ts';
import type { SystemVariables } from '../core/system-variables.ts';

const WORD = 4;
const NATIVE = true;

/**
 * Writes what a worker's copy of the time page would hold: in the daemon the page lies between the coordinator and the
 * server core, here there is nothing to share and nothing that goes stale.
 */
export function writePageCopy(
  copy: DataView,
  variables: SystemVariables,
  nowLocal: number,
  precisionLog2: number,
): void {
  copy.setInt32(COPY_STATE * WORD, COPY_FRESH, NATIVE);
  copy.setInt32(COPY_AGE_MS * WORD, 0, NATIVE);
  copy.setInt32(COPY_PRECISION_FLOOR * WORD, precisionLog2, NATIVE);
  copy.setFloat64(COPY_SINCE_ANCHOR * WORD, nowLocal - variables.atLocal, NATIVE);
  copy.setInt32(PAGE_LEAP * WORD, variables.leap, NATIVE);
  copy.setInt32(PAGE_STRATUM * WORD, variables.stratum, NATIVE);
  copy.setInt32(PAGE_PRECISION * WORD, precisionLog2, NATIVE);
  copy.setInt32(PAGE_REFID * WORD, variables.refid, NATIVE);
  copy.setInt32(PAGE_REFTIME_SECONDS * WORD, variables.reftimeSeconds, NATIVE);
  copy.setInt32(PAGE_REFTIME_FRACTION * WORD, variables.reftimeFraction, NATIVE);
  copy.setFloat64(PAGE_ROOT_DELAY * WORD, variables.rootDelaySeconds, NATIVE);
  copy.setFloat64(PAGE_ROOT_DISPERSION * WORD, variables.rootDispersionSeconds, NATIVE);
  copy.setFloat64(PAGE_DISPERSION_RATE * WORD, variables.dispersionRate, NATIVE);
}
