// What a reply costs from the table's row to the octets, over arrays: reading the request, deciding, encoding,
// counting. node --import tsx bench/micro/encoder.ts
import { ResponderBench, request } from '../../test/support/requests.ts';
import { describeMachine } from '../frame/machine.ts';
import { writeResult } from '../frame/results.ts';
import { atMost, printBars, spread } from '../frame/statistics.ts';

const SLOTS = 64;
const BATCHES = 50_000;
const ROUNDS = 9;
const LIMIT_NS = 25;

const bench = new ResponderBench(SLOTS);
for (let i = 0; i < SLOTS; i++) bench.place(i, request());
const starts = Array.from({ length: SLOTS }, (_, i) => bench.table[i * (bench.table.length / SLOTS)] as number);

/**
 * Nanoseconds of processor time per reply over many batches. The first octet is put back each time: the reply stands
 * over the request.
 */
function measure(): number {
  const before = process.cpuUsage();
  for (let batch = 0; batch < BATCHES; batch++) {
    for (let i = 0; i < SLOTS; i++) bench.packets.setUint8(starts[i] as number, 0x23);
    bench.responder.answer(SLOTS);
  }
  const used = process.cpuUsage(before);
  return ((used.user + used.system) * 1000) / (BATCHES * SLOTS);
}

measure();
const replyNs = spread(Array.from({ length: ROUNDS }, measure));
console.log(`${replyNs.median.toFixed(1)} ns per reply (${replyNs.min.toFixed(1)}–${replyNs.max.toFixed(1)})`);
const bars = [atMost('encoder, ns per reply', replyNs.median, LIMIT_NS)];
printBars(bars);
writeResult(
  {
    name: 'encoder',
    command: 'node --import tsx bench/micro/encoder.ts',
    machine: describeMachine('none'),
    figures: { replyNs, bars },
  },
  process.argv.includes('--short'),
);
