import { expect, test } from 'vitest';
import { type PhcLine, PhcMapping } from '../../../../src/core/server/phc-mapping.ts';

const SECOND_NS = 1_000_000_000;
const TAI_NS = 1_900_000_037_000_000_000n;

/** A card's clock of a seeded world: an epoch of its own, a rate, jumps, and readings with a window and its noise. */
class SimulatedCard {
  offsetNs: bigint;
  private readonly rate: number;
  private state = 12345;

  constructor(offsetNs: bigint, rate: number) {
    this.offsetNs = offsetNs;
    this.rate = rate;
  }

  cardNs(monoNs: number): bigint {
    return this.offsetNs + BigInt(Math.round(monoNs * (1 + this.rate)));
  }

  /** What an extended reading at this instant says: the window, and the instant off its middle by up to half of it. */
  read(monoNs: number, windowNs: number): [bigint, bigint, number] {
    this.state = (this.state * 1_103_515_245 + 12_345) & 0x7fff_ffff;
    const off = (this.state / 0x7fff_ffff - 0.5) * windowNs;
    return [this.cardNs(monoNs), BigInt(Math.round(monoNs + off)), windowNs];
  }
}

function mapped(line: PhcLine, cardNs: bigint): number {
  const since = Number(cardNs - line.anchorCardNs);
  return Number(line.anchorMonoNs) + since * (1 + line.rate);
}

test('a card on TAI that drifts is followed to a fraction of the reading window, until the next reading', () => {
  const card = new SimulatedCard(TAI_NS, 50e-6);
  const mapping = new PhcMapping();
  for (let second = 1; second < 200; second++) {
    const line = mapping.add(...card.read(second * SECOND_NS, 800));
    if (second < 8) continue;
    const later = second * SECOND_NS + 0.9 * SECOND_NS;
    expect(Math.abs(mapped(line as PhcLine, card.cardNs(later)) - later)).toBeLessThan(800);
  }
  expect(mapping.jumps).toBe(0);
});

test('one reading is no line', () => {
  const card = new SimulatedCard(0n, 0);
  const mapping = new PhcMapping();
  expect(mapping.add(...card.read(SECOND_NS, 500))).toBeNull();
  expect(mapping.add(...card.read(2 * SECOND_NS, 500))).not.toBeNull();
});

test('a card that is set starts a new line, forwards, backwards, and by little', () => {
  for (const jumpNs of [37_000_000_000n, -37_000_000_000n, 100_000n, -100_000n]) {
    const card = new SimulatedCard(TAI_NS, -20e-6);
    const mapping = new PhcMapping();
    for (let second = 1; second <= 10; second++) mapping.add(...card.read(second * SECOND_NS, 500));
    card.offsetNs += jumpNs;
    expect(mapping.add(...card.read(11 * SECOND_NS, 500))).toBeNull();
    expect(mapping.jumps).toBe(1);
    const line = mapping.add(...card.read(12 * SECOND_NS, 500)) as PhcLine;
    const later = 12.5 * SECOND_NS;
    expect(Math.abs(mapped(line, card.cardNs(later)) - later)).toBeLessThan(1500);
  }
});

test('a reading that an interrupt widened does not move the line, unless only such come', () => {
  const card = new SimulatedCard(TAI_NS, 0);
  const mapping = new PhcMapping();
  for (let second = 1; second <= 10; second++) mapping.add(...card.read(second * SECOND_NS, 500));
  const before = mapping.line() as PhcLine;
  const after = mapping.add(card.cardNs(11 * SECOND_NS), BigInt(11 * SECOND_NS + 15_000), 60_000) as PhcLine;
  expect(after).toEqual(before);
  for (let second = 12; second <= 30; second++) mapping.add(...card.read(second * SECOND_NS, 60_000));
  expect((mapping.line() as PhcLine).anchorCardNs).toBeGreaterThan(before.anchorCardNs);
  expect((mapping.line() as PhcLine).errorNs).toBeGreaterThan(15_000);
});
