// What rate control costs per request, in batches as a busy worker has them: the hash, the address's bucket and its
// prefix's; for clients that come back, for addresses never seen before, and for one that is over its limit.
// node --import tsx bench/micro/rate-limit.ts
import { Gate, gateSharedOctets } from '../../src/core/server/gate.ts';
import { DEFAULT_POLICY } from '../../src/core/server/listener-policy.ts';
import { DEFAULT_RATE_LIMITS } from '../../src/core/server/rate-limit.ts';
import { SLOT_ADDRESS, SLOT_WORDS } from '../../src/core/server/slot.ts';

const BATCH = 64;
const BATCHES = 50_000;
const PER_SECOND = 250_000;
const kinds: Record<string, (i: number) => number> = {
  '10,000 clients that come back': (i) => Math.imul(i % 10_000, 0x9e37_79b1),
  'addresses never seen before': (i) => Math.imul(i, 0x9e37_79b1),
  'one client over its limit': () => 0x0a00_0001,
};
const policy = { ...DEFAULT_POLICY, limits: DEFAULT_RATE_LIMITS };
for (const [kind, address] of Object.entries(kinds)) {
  const gate = new Gate({ hashKey: [1, 2], buckets: new SharedArrayBuffer(gateSharedOctets()) }, BATCH, 3);
  const table = new Int32Array(BATCH * SLOT_WORDS);
  let within = 0;
  let bestNs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    let spentNs = 0n;
    for (let batch = 0; batch < BATCHES; batch++) {
      for (let slot = 0; slot < BATCH; slot++) {
        const at = slot * SLOT_WORDS + SLOT_ADDRESS;
        table[at + 2] = 0xffff;
        table[at + 3] = address(batch * BATCH + slot);
      }
      gate.time.set(1000 * round + (batch * BATCH) / PER_SECOND);
      const start = process.hrtime.bigint();
      gate.begin(table, BATCH);
      for (let row = 0; row < table.length; row += SLOT_WORDS) if (gate.judge(table, row, policy) === 0) within++;
      spentNs += process.hrtime.bigint() - start;
    }
    bestNs = Math.min(bestNs, Number(spentNs) / (BATCHES * BATCH));
  }
  console.log(`${kind}: ${bestNs.toFixed(1)} ns, ${((20 * within) / (BATCHES * BATCH)).toFixed(2)} % within`);
}
