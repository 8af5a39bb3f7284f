/** A line from a card's clock to CLOCK_MONOTONIC: mono = anchorMonoNs + (card − anchorCardNs) × (1 + rate). */
export interface PhcLine {
  readonly anchorCardNs: bigint;
  readonly anchorMonoNs: bigint;
  /** Seconds that CLOCK_MONOTONIC gains on the card per second of the card. */
  readonly rate: number;
  /** How far the line may be off at its anchor: half the reading's window and what the last ones disagreed. */
  readonly errorNs: number;
}

const KEPT = 8;
/** A card's oscillator and the system's differ by no more. */
const RATE_MAX = 500e-6;
/** A reading that misses the line by more than this and its own uncertainty is of a card that was set. */
const JUMP_NS = 20_000;
/** Wide windows (an interrupt between the readings) say little and are passed over while better ones come. */
const WINDOW_FACTOR = 4;

/**
 * Follows one card's clock by readings taken about once a second. What epoch or timescale the card keeps does not
 * matter (TAI, UTC, uptime): the line carries the difference. A card that is set, or steered by somebody else faster
 * than oscillators drift, starts a new line; until its second reading there is none.
 */
export class PhcMapping {
  private readings: { cardNs: bigint; monoNs: bigint; windowNs: number }[] = [];
  private skipped = 0;
  /** How often the card's clock was found set. */
  jumps = 0;

  /**
   * Takes a reading in: the card's clock, CLOCK_MONOTONIC at that moment, and the window between the system readings.
   *
   * @returns the line from now on, or null while there is none.
   */
  add(cardNs: bigint, monoNs: bigint, windowNs: number): PhcLine | null {
    const smallestNs = Math.min(...this.readings.map((reading) => reading.windowNs));
    if (windowNs > WINDOW_FACTOR * smallestNs && this.skipped < KEPT) {
      this.skipped++;
      return this.line();
    }
    this.skipped = 0;
    if (this.misfits(cardNs, monoNs, windowNs)) {
      this.jumps++;
      this.readings = [];
    }
    this.readings.push({ cardNs, monoNs, windowNs });
    if (this.readings.length > KEPT) this.readings.shift();
    return this.line();
  }

  /** The line through the kept readings, anchored at the newest; null with fewer than two. */
  line(): PhcLine | null {
    const newest = this.readings.at(-1);
    if (newest === undefined || this.readings.length < 2) return null;
    // Least squares of (mono − card) over card, both relative to the newest reading so that doubles hold them.
    let sumX = 0;
    let sumY = 0;
    let sumXX = 0;
    let sumXY = 0;
    for (const reading of this.readings) {
      const x = Number(reading.cardNs - newest.cardNs);
      const y = Number(reading.monoNs - newest.monoNs - (reading.cardNs - newest.cardNs));
      sumX += x;
      sumY += y;
      sumXX += x * x;
      sumXY += x * y;
    }
    const count = this.readings.length;
    const rate = (count * sumXY - sumX * sumY) / (count * sumXX - sumX * sumX);
    const atNewest = (sumY - rate * sumX) / count;
    let worstNs = 0;
    for (const reading of this.readings) {
      const x = Number(reading.cardNs - newest.cardNs);
      const y = Number(reading.monoNs - newest.monoNs - (reading.cardNs - newest.cardNs));
      worstNs = Math.max(worstNs, Math.abs(y - atNewest - rate * x));
    }
    return {
      anchorCardNs: newest.cardNs,
      anchorMonoNs: newest.monoNs + BigInt(Math.round(atNewest)),
      rate,
      errorNs: newest.windowNs / 2 + worstNs,
    };
  }

  private misfits(cardNs: bigint, monoNs: bigint, windowNs: number): boolean {
    const last = this.readings.at(-1);
    if (last === undefined) return false;
    const cardSinceNs = Number(cardNs - last.cardNs);
    const gainedNs = Number(monoNs - last.monoNs) - cardSinceNs;
    if (cardSinceNs <= 0 || Math.abs(gainedNs) > RATE_MAX * cardSinceNs + JUMP_NS + windowNs) return true;
    const line = this.line();
    if (line === null) return false;
    const predictedNs = Number(line.anchorMonoNs - last.monoNs) + line.rate * cardSinceNs;
    return Math.abs(gainedNs - predictedNs) > JUMP_NS + windowNs;
  }
}
