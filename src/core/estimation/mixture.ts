/** Mean and covariance of offset and frequency, and the wander, of a belief that may be made of several. */
export interface Moments {
  offset: number;
  frequency: number;
  varianceOffset: number;
  covariance: number;
  varianceFrequency: number;
  wander: number;
}

/** Fills `out` with the moments of several beliefs together. @param weights - sum to 1. */
export function mix(parts: readonly Moments[], weights: Float64Array, out: Moments): void {
  // Offsets differ by little and may be large: what is summed is what they differ by.
  const origin = (parts[0] as Moments).offset;
  let offset = 0;
  let frequency = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as Moments;
    const weight = weights[i] as number;
    offset += weight * (part.offset - origin);
    frequency += weight * part.frequency;
  }
  let xx = 0;
  let xf = 0;
  let ff = 0;
  let wander = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as Moments;
    const weight = weights[i] as number;
    const dx = part.offset - origin - offset;
    const df = part.frequency - frequency;
    xx += weight * (part.varianceOffset + dx * dx);
    xf += weight * (part.covariance + dx * df);
    ff += weight * (part.varianceFrequency + df * df);
    wander += weight * part.wander;
  }
  out.offset = origin + offset;
  out.frequency = frequency;
  out.varianceOffset = xx;
  out.covariance = xf;
  out.varianceFrequency = ff;
  out.wander = wander;
}
