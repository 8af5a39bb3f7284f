/** The oscillator's frequency as it is kept over a restart: "ppm sigma", one line, as other daemons have it. */

export interface Drift {
  /** Seconds that true time gains on the oscillator per second. */
  readonly frequency: number;
  readonly sigma: number;
}

/** No oscillator of a machine is worse; a file that says so is broken. */
const FREQUENCY_PPM_MAX = 1000;
/** What is believed of a file that states no sigma, ppm. */
const SIGMA_PPM_DEFAULT = 1;

/**
 * Reads the text of a drift file.
 *
 * @throws RangeError saying what is wrong with it.
 */
export function parseDrift(text: string): Drift {
  const words = text.trim().split(/\s+/);
  if (text.trim() === '') throw new RangeError('it is empty');
  const [ppm = Number.NaN, sigmaPpm = SIGMA_PPM_DEFAULT] = words.map(Number);
  if (words.length > 2 || !Number.isFinite(ppm) || !Number.isFinite(sigmaPpm)) {
    throw new RangeError('it does not hold two numbers, the frequency and its sigma in ppm');
  }
  if (Math.abs(ppm) > FREQUENCY_PPM_MAX) throw new RangeError(`a frequency of ${ppm} ppm is absurd`);
  if (sigmaPpm < 0 || sigmaPpm > FREQUENCY_PPM_MAX) throw new RangeError(`a sigma of ${sigmaPpm} ppm is absurd`);
  return { frequency: ppm * 1e-6, sigma: sigmaPpm * 1e-6 };
}

export function formatDrift(drift: Drift): string {
  return `${(drift.frequency * 1e6).toFixed(6)} ${(drift.sigma * 1e6).toFixed(6)}\n`;
}
