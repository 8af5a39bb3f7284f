import { expect, test } from 'vitest';
import { PhcMapping } from '../../src/core/server/phc-mapping.ts';
import { mapCardStamp } from '../../src/native/hardware-clock.ts';
import { nsPerOctet } from '../../src/workers/hardware-clocks.ts';
import { PhcPage } from '../../src/workers/phc-page.ts';

const SECOND = 1_000_000_000n;
const NOW = 1000n * SECOND;
const CARD = 7;
const OTHER = 8;

/** A page with two cards: one on TAI and fast by 100 ppm, one at its uptime; lines valid for three seconds. */
function twoCards(speedMegabits = 0): Int32Array {
  const page = new PhcPage();
  const lineOf = (card: (monoNs: bigint) => bigint) => {
    const mapping = new PhcMapping();
    mapping.add(card(NOW - SECOND), NOW - SECOND, 100);
    const line = mapping.add(card(NOW), NOW, 100);
    if (line === null) throw new Error('no line');
    return { line, validMonoNs: NOW + 3n * SECOND, nsPerOctet: nsPerOctet(speedMegabits) };
  };
  page.publish([
    { interfaceIndex: CARD, ...lineOf(fast) },
    { interfaceIndex: OTHER, ...lineOf((monoNs) => monoNs - 900n * SECOND) },
  ]);
  return new Int32Array(page.memory);
}

function fast(monoNs: bigint): bigint {
  return 1_900_000_037n * SECOND + monoNs + (monoNs - NOW) / 10_000n;
}

function near(value: bigint | null, expected: bigint): void {
  expect(value).not.toBeNull();
  expect(Math.abs(Number((value as bigint) - expected))).toBeLessThanOrEqual(2);
}

test('a receive stamp is mapped by the line of its own card', () => {
  const page = twoCards();
  const at = NOW + SECOND / 2n;
  near(mapCardStamp(page, 'receive', CARD, fast(at), at + 20_000n, 90), at);
  near(mapCardStamp(page, 'receive', OTHER, at - 900n * SECOND, at + 20_000n, 90), at);
});

test('the stamp is moved from the start of the frame to its end, check sequence included', () => {
  const at = NOW + 1000n;
  near(mapCardStamp(twoCards(1000), 'receive', CARD, fast(at), at + 20_000n, 90), at + 752n); // 94 octets of 8 ns
  expect(nsPerOctet(-1)).toBe(0);
});

test('an interface without a line goes by the kernel: a VLAN or bond whose card the kernel did not name', () => {
  expect(mapCardStamp(twoCards(), 'receive', 99, fast(NOW), NOW, 90)).toBeNull();
});

test('a packet without a card stamp goes by the kernel', () => {
  expect(mapCardStamp(twoCards(), 'receive', CARD, 0n, NOW, 90)).toBeNull();
});

test('a stamp that cannot be of this packet goes by the kernel: a card that was set, or of another bond member', () => {
  const page = twoCards();
  expect(mapCardStamp(page, 'receive', CARD, fast(NOW) + 100_000n, NOW, 90)).toBeNull();
  expect(mapCardStamp(page, 'receive', CARD, fast(NOW) - 6_000_000n, NOW, 90)).toBeNull();
  expect(mapCardStamp(page, 'receive', CARD, NOW - 900n * SECOND, NOW, 90)).toBeNull();
});

test('a line that was not renewed is not used', () => {
  const at = NOW + 4n * SECOND;
  expect(mapCardStamp(twoCards(), 'receive', CARD, fast(at), at, 90)).toBeNull();
});

test('a transmit stamp lies after the kernel’s, by no more than a few milliseconds', () => {
  const page = twoCards();
  near(mapCardStamp(page, 'transmit', CARD, fast(NOW + 3_000n), NOW, 0), NOW + 3_000n);
  expect(mapCardStamp(page, 'transmit', CARD, fast(NOW - 100_000n), NOW, 0)).toBeNull();
  expect(mapCardStamp(page, 'transmit', CARD, fast(NOW + 6_000_000n), NOW, 0)).toBeNull();
});

test('a page that is being written is not taken', () => {
  const page = twoCards();
  Atomics.add(page, 0, 1);
  expect(mapCardStamp(page, 'receive', CARD, fast(NOW), NOW, 90)).toBeNull();
});
