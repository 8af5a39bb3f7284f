// What remembering, completing and taking a reply costs, in a store as full as it gets: 1,000,000 clients that come
// back in random order. node --import tsx bench/micro/interleaved.ts
import { InterleavedStore, ownerOf } from '../../src/core/server/interleaved.ts';
import { STAMP_KERNEL } from '../../src/core/server/slot.ts';

const CLIENTS = 1_000_000;
const REQUESTS = 4_000_000;
const store = new InterleavedStore(21, 0x1234_5678);
const keys = new Int32Array(2 * CLIENTS);
let state = 1;
let taken = 0;
let startNs = 0n;
for (let i = 0; i < REQUESTS + 2 * CLIENTS; i++) {
  if (i === 2 * CLIENTS) {
    taken = 0;
    startNs = process.hrtime.bigint();
  }
  const client = i < CLIENTS ? i : (i * 7919) % CLIENTS;
  const owner = ownerOf(Math.imul(client, 0x9e37_79b1), 0);
  if (i >= CLIENTS && store.take(keys[2 * client] as number, keys[2 * client + 1] as number, owner)) taken++;
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  const seconds = (i / 150_000) | 0;
  const fraction = (((i % 150_000) * 28_633) & ~0xfff) | (state >>> 20) | 1;
  keys[2 * client] = seconds;
  keys[2 * client + 1] = fraction;
  const later = (fraction + 100_000) | 0;
  store.complete(
    store.remember(seconds, fraction, owner),
    later >>> 0 < fraction >>> 0 ? seconds + 1 : seconds,
    later,
    STAMP_KERNEL,
  );
}
const ns = Number(process.hrtime.bigint() - startNs) / REQUESTS;
console.log(`take + remember + complete: ${ns.toFixed(0)} ns, ${((100 * taken) / REQUESTS).toFixed(3)} % found`);
