import { expect, test } from 'vitest';
import { KeyedHash } from '../../../../src/core/server/keyed-hash.ts';
import { SLOT_ADDRESS, SLOT_REPLY_LENGTH, SLOT_WORDS } from '../../../../src/core/server/slot.ts';
import { readTalkers, TALKER_WORDS, TopTalkers } from '../../../../src/core/server/top-talkers.ts';

const packets = new DataView(new ArrayBuffer(48));
packets.setUint8(0, 0x24);

/** Notes one request, as a batch of its own. */
function note(talkers: TopTalkers, address: readonly [number, number, number, number], answered: boolean, now: number) {
  const table = new Int32Array(SLOT_WORDS);
  table.set(address, SLOT_ADDRESS);
  table[SLOT_REPLY_LENGTH] = answered ? 48 : 0;
  talkers.note(packets, table, 1, now);
}

function made(): { talkers: TopTalkers; words: Int32Array } {
  const words = new Int32Array(TALKER_WORDS);
  return { talkers: new TopTalkers(words, new KeyedHash([1, 2])), words };
}

test('those who ask most come first, with rates, versions and what was dropped of them', () => {
  const { talkers, words } = made();
  for (let i = 0; i < 1000; i++) {
    note(talkers, [0, 0, 0xffff, 0x0a000001], i % 4 !== 0, 100 + i / 100);
    if (i % 10 === 0) note(talkers, [0x20010db8, 0, 0, 1], true, 100 + i / 100);
  }
  const { addresses, prefixes } = readTalkers([words], 110, 5);
  expect(addresses.map(({ source }) => source)).toEqual(['10.0.0.1', '2001:db8::1']);
  expect(addresses[0]).toMatchObject({ requestsPerSecond: 100, dropShare: 0.25, versions: [4] });
  expect(prefixes.map(({ source }) => source)).toEqual(['10.0.0.0/24', '2001:db8::/48']);
});

test('a flood of addresses that ask once does not hide who asks often, nor a prefix whose hosts each ask little', () => {
  const { talkers, words } = made();
  for (let i = 0; i < 200_000; i++) {
    const now = 100 + i / 20_000;
    note(talkers, [0, 0, 0xffff, Math.imul(i, 0x9e3779b1)], true, now);
    if (i % 20 === 0) note(talkers, [0, 0, 0xffff, 0x0a000001], true, now);
    if (i % 8 === 0) note(talkers, [0, 0, 0xffff, 0x0b000000 + ((i / 8) % 256)], true, now);
  }
  const { addresses, prefixes } = readTalkers([words], 110, 3);
  expect(addresses[0]?.source).toBe('10.0.0.1');
  expect(prefixes.map(({ source }) => source)).toContain('11.0.0.0/24');
});

test('rates are of late: who has stopped falls behind', () => {
  const { talkers, words } = made();
  for (let i = 0; i < 1000; i++) note(talkers, [0, 0, 0xffff, 1], true, 100);
  for (let now = 100; now < 200; now++) note(talkers, [0, 0, 0xffff, 2], true, now);
  for (let i = 0; i < 2000; i++) note(talkers, [0, 0, 0xffff, 2], true, 200);
  const shown = (now: number) => readTalkers([words], now, 2).addresses.map(({ source }) => source);
  expect(shown(201)).toEqual(['0.0.0.2', '0.0.0.1']);
  expect(shown(230)).toEqual(['0.0.0.2']); // the other has been silent for over two minutes
});

test('who has fallen silent keeps nobody out, and begins anew when he comes back', () => {
  const { talkers, words } = made();
  for (let source = 0; source < 20_000; source++) {
    for (let i = 0; i < 10; i++) note(talkers, [0, 0, 0xffff, source], true, 100);
  }
  note(talkers, [0, 0, 0xffff, -1], true, 300);
  for (let source = 19_000; source < 20_000; source++) note(talkers, [0, 0, 0xffff, source], true, 300);
  const { addresses } = readTalkers([words], 301, 10_000);
  expect(addresses.map(({ source }) => source)).toContain('255.255.255.255');
  expect(Math.max(...addresses.map(({ requestsPerSecond }) => requestsPerSecond))).toBe(1);
});

test('the workers’ figures are added up', () => {
  const [one, two] = [made(), made()];
  for (let i = 0; i < 100; i++) {
    note(one.talkers, [0, 0, 0xffff, 1], true, 100);
    note(two.talkers, [0, 0, 0xffff, 1], true, 100);
  }
  expect(readTalkers([one.words, two.words], 110, 1).addresses[0]?.requestsPerSecond).toBe(20);
});

test('of a busy batch one in eight is looked at, and counts for eight', () => {
  const { talkers, words } = made();
  const table = new Int32Array(64 * SLOT_WORDS);
  for (let i = 0; i < 64; i++) table.set([0, 0, 0xffff, 1], i * SLOT_WORDS + SLOT_ADDRESS);
  for (let i = 0; i < 10; i++) talkers.note(packets, table, 64, 100);
  expect(readTalkers([words], 110, 1).addresses[0]?.requestsPerSecond).toBe(64);
});
