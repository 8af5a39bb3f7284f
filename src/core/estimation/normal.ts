/** Coefficients of ln(erfc(x) exp(x²) / t) in t = 1 / (1 + x / 2), highest power first (Chebyshev's fit). */
const ERFC = [
  0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368,
  -1.26551223,
] as const;

/** Probability that a standard normal variate exceeds `z`; relative error below 2e-7 in either tail. */
export function normalAbove(z: number): number {
  const x = Math.abs(z) * Math.SQRT1_2;
  const t = 1 / (1 + 0.5 * x);
  let sum = 0;
  for (const coefficient of ERFC) sum = sum * t + coefficient;
  const beyond = 0.5 * t * Math.exp(sum - x * x);
  return z < 0 ? 1 - beyond : beyond;
}
