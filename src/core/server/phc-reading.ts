/**
 * One reading of a network card's clock against CLOCK_REALTIME: `struct ptp_sys_offset_extended`, native endian.
 */

export const PHC_READING_OCTETS = 1216;
/** Readings taken at a time, of the 25 that there is room for. */
export const PHC_READING_SAMPLES = 10;

const NATIVE = true; // both platforms are little endian
const SAMPLES_AT = 16;
const CLOCK_OCTETS = 16;
const NS_PER_SECOND = 1_000_000_000n;

/** The card's clock read between two readings of the system's; all in nanoseconds of their own epochs. */
export interface PhcReading {
  readonly cardNs: bigint;
  /** CLOCK_REALTIME in the middle. */
  readonly realNs: bigint;
  /** Between the two system readings: the uncertainty is half of it. */
  readonly windowNs: number;
}

/** Prepares the request: how many readings to take. */
export function encodePhcRequest(out: DataView): void {
  out.setUint32(0, PHC_READING_SAMPLES, NATIVE);
  for (let at = 4; at < SAMPLES_AT; at += 4) out.setUint32(at, 0, NATIVE);
}

/** The reading with the smallest window; null when none is plausible. */
export function decodePhcReading(octets: DataView): PhcReading | null {
  const count = Math.min(octets.getUint32(0, NATIVE), 25);
  let best: PhcReading | null = null;
  for (let i = 0; i < count; i++) {
    const at = SAMPLES_AT + i * 3 * CLOCK_OCTETS;
    const before = clockNs(octets, at);
    const cardNs = clockNs(octets, at + CLOCK_OCTETS);
    const after = clockNs(octets, at + 2 * CLOCK_OCTETS);
    const windowNs = Number(after - before);
    if (windowNs < 0 || (best !== null && windowNs >= best.windowNs)) continue;
    best = { cardNs, realNs: before + (after - before) / 2n, windowNs };
  }
  return best;
}

function clockNs(octets: DataView, at: number): bigint {
  return octets.getBigInt64(at, NATIVE) * NS_PER_SECOND + BigInt(octets.getUint32(at + 8, NATIVE));
}
