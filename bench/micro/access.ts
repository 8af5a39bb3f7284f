// What a lookup in the compiled prefix lists costs: uniform random addresses that hit and that miss, lists of several
// shapes. node --import tsx bench/micro/access.ts
import { randomFillSync } from 'node:crypto';
import { prefixMask } from '../../src/core/server/ip-prefix.ts';
import { compilePrefixes, findIpv4, findIpv6, type ValuedPrefix } from '../../src/core/server/prefix-table.ts';
import { atMost, type Bar, printBars } from '../frame/statistics.ts';

const PREFIXES = 100_000;
const ADDRESSES = 1 << 18;
const ROUNDS = 20;
const LIMIT_NS = 50;
const bars: Bar[] = [];

type Shape = (random: Uint32Array) => { words: [number, number, number, number]; length: number };
const shapes: Record<string, { family: 4 | 6; shape: Shape }> = {
  'IPv4, /16-/32 anywhere': { family: 4, shape: (r) => v4(r[0] as number, 16 + ((r[1] as number) % 17)) },
  'IPv4, /24 anywhere': { family: 4, shape: (r) => v4(r[0] as number, 24) },
  'IPv4, /32 within one /8': { family: 4, shape: (r) => v4(((r[0] as number) >>> 8) | 0x0a00_0000, 32) },
  'IPv6, /29-/64 in 2000::/3': { family: 6, shape: (r) => v6(r, 29 + ((r[2] as number) % 36)) },
  'IPv6, /128 in 2000::/3': { family: 6, shape: (r) => v6(r, 128) },
};

function v4(word: number, length: number): ReturnType<Shape> {
  return { words: [(word & prefixMask(length, 0)) >>> 0, 0, 0, 0], length };
}

function v6(r: Uint32Array, length: number): ReturnType<Shape> {
  const all = [((r[0] as number) & 0x1fff_ffff) | 0x2000_0000, r[1] as number, r[3] as number, r[4] as number];
  return {
    words: all.map((word, i) => (word & prefixMask(length, i)) >>> 0) as [number, number, number, number],
    length,
  };
}

for (const [name, { family, shape }] of Object.entries(shapes)) {
  const random = randomFillSync(new Uint32Array(8 * PREFIXES));
  const prefixes: ValuedPrefix[] = Array.from({ length: PREFIXES }, (_, i) => ({
    prefix: { family, hostBits: false, ...shape(random.subarray(8 * i, 8 * i + 8)) },
    value: 1,
  }));
  const startMs = performance.now();
  const table = compilePrefixes(family, prefixes);
  const buildMs = performance.now() - startMs;
  const octets = table.nodes.byteLength + table.records.byteLength;

  const misses = randomFillSync(new Int32Array(4 * ADDRESSES));
  const hits = randomFillSync(new Int32Array(4 * ADDRESSES));
  for (let i = 0; i < ADDRESSES; i++) {
    if (family === 6) misses[4 * i] = ((misses[4 * i] as number) & 0x1fff_ffff) | 0x2000_0000;
    const { words, length } = (prefixes[((hits[4 * i] as number) >>> 0) % PREFIXES] as ValuedPrefix).prefix;
    for (let word = 0; word < 4; word++) {
      const mask = prefixMask(length, word);
      hits[4 * i + word] = (words[word] as number) | ((hits[4 * i + word] as number) & ~mask);
    }
  }
  const line = [`build ${buildMs.toFixed(0)} ms`, `${(octets / 1024).toFixed(0)} KiB`];
  for (const [kind, addresses] of [
    ['hits', hits],
    ['random', misses],
  ] as const) {
    let found = 0;
    let bestNs = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS; round++) {
      const start = process.hrtime.bigint();
      for (let i = 0; i < 4 * ADDRESSES; i += 4) {
        const a = addresses[i] as number;
        found +=
          family === 4
            ? findIpv4(table, a)
            : findIpv6(table, a, addresses[i + 1] as number, addresses[i + 2] as number, addresses[i + 3] as number);
      }
      bestNs = Math.min(bestNs, Number(process.hrtime.bigint() - start) / ADDRESSES);
    }
    bars.push(atMost(`${name}, ${kind}: ns a lookup`, bestNs, LIMIT_NS));
    line.push(`${kind} ${bestNs.toFixed(1)} ns (${((100 * found) / ADDRESSES / ROUNDS).toFixed(1)} % found)`);
  }
  console.log(`${name}: ${line.join(', ')}`);
}
printBars(bars);
