/** A difference of time with a unit that fits it, for people. */
export function formatSeconds(seconds: number): string {
  const size = Math.abs(seconds);
  if (size >= 1 || !Number.isFinite(seconds)) return `${seconds.toFixed(3)} s`;
  if (size >= 1e-3) return `${(seconds * 1e3).toFixed(3)} ms`;
  return `${(seconds * 1e6).toFixed(3)} µs`;
}

/** A frequency in ppm, for people. */
export function formatPpm(frequency: number): string {
  return `${(frequency * 1e6).toFixed(3)} ppm`;
}
