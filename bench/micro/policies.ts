// What lists of 10,000 prefixes, limits and statistics add to a reply, over arrays: the same batches answered with and
// without them, from clients that come back. node --import tsx bench/micro/policies.ts
import { compileAccess } from '../../src/core/server/access.ts';
import type { ResponderTables } from '../../src/core/server/batch-responder.ts';
import { Gate, gateSharedOctets } from '../../src/core/server/gate.ts';
import { InterleavedStore } from '../../src/core/server/interleaved.ts';
import { KeyedHash } from '../../src/core/server/keyed-hash.ts';
import { DEFAULT_POLICY, type ListenerPolicy } from '../../src/core/server/listener-policy.ts';
import { COPY_MONO_NANOSECONDS, COPY_MONO_SECONDS } from '../../src/core/server/page.ts';
import { DEFAULT_RATE_LIMITS } from '../../src/core/server/rate-limit.ts';
import { SLOT_ADDRESS, SLOT_WORDS } from '../../src/core/server/slot.ts';
import { Standing } from '../../src/core/server/standing.ts';
import { STANDING_ROW_WORDS } from '../../src/core/server/standing-rows.ts';
import { TALKER_WORDS, TopTalkers } from '../../src/core/server/top-talkers.ts';
import { ResponderBench, request } from '../../test/support/requests.ts';

const SLOTS = 64;
const BATCHES = 20_000;
const ROUNDS = 7;
const CLIENTS = 16_384;
const PER_SECOND = 250_000;
const STANDING_SETS = 65_536;

const filter = Array.from({ length: 10_000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/${20 + (i % 13)}`);
const access = compileAccess(null, { filter, action: 'ignore' });

function tables(standing: boolean, talkers: boolean): ResponderTables {
  const buckets = new SharedArrayBuffer(gateSharedOctets());
  const known = standing ? new Standing(new Int32Array(STANDING_SETS * STANDING_ROW_WORDS)) : null;
  return {
    gate: new Gate({ hashKey: [1, 2], buckets }, SLOTS, 3, known),
    store: new InterleavedStore(16, 4),
    talkers: talkers ? new TopTalkers(new Int32Array(TALKER_WORDS), new KeyedHash([3, 4])) : null,
    workerIndex: 0,
    workerBits: 0,
  };
}

const limits = DEFAULT_RATE_LIMITS;
const kinds: Record<string, { policy: Partial<ListenerPolicy>; standing?: boolean; talkers?: boolean }> = {
  'none of it': { policy: {} },
  statistics: { policy: {}, talkers: true },
  lists: { policy: { access } },
  limits: { policy: { limits } },
  'limits and standing': { policy: { limits }, standing: true },
  'all of it': { policy: { access, limits }, standing: true, talkers: true },
};
const benches = Object.entries(kinds).map(([name, { policy, standing = false, talkers = false }]) => {
  const bench = new ResponderBench(SLOTS, { ...DEFAULT_POLICY, ...policy }, tables(standing, talkers));
  for (let i = 0; i < SLOTS; i++) bench.place(i, request());
  return { name, bench, bestNs: Number.POSITIVE_INFINITY };
});
const starts = Array.from({ length: SLOTS }, (_, i) => benches[0]?.bench.table[i * SLOT_WORDS] as number);

for (let round = 0; round < ROUNDS; round++) {
  for (const entry of benches) {
    const { bench } = entry;
    let spentNs = 0n;
    for (let batch = 0; batch < BATCHES; batch++) {
      for (let i = 0; i < SLOTS; i++) {
        bench.packets.setUint8(starts[i] as number, 0x23);
        bench.packets.setInt32((starts[i] as number) + 24, 0);
        bench.packets.setInt32((starts[i] as number) + 28, 0);
        const client = (batch * SLOTS + i) % CLIENTS;
        bench.table[i * SLOT_WORDS + SLOT_ADDRESS + 3] = 0xc612_0000 + (Math.imul(client, 0x9e37) % CLIENTS);
      }
      const now = 1 + (round * BATCHES + batch) * (SLOTS / PER_SECOND);
      bench.setCopy(COPY_MONO_SECONDS, Math.floor(now));
      bench.setCopy(COPY_MONO_NANOSECONDS, Math.floor((now % 1) * 1e9));
      const start = process.hrtime.bigint();
      bench.responder.answer(SLOTS);
      spentNs += process.hrtime.bigint() - start;
    }
    entry.bestNs = Math.min(entry.bestNs, Number(spentNs) / (BATCHES * SLOTS));
  }
}
for (const { name, bestNs } of benches) console.log(`${name}: ${bestNs.toFixed(1)} ns per reply`);
