/**
 * `npm run bench:soak -- --minutes N`: constant load with crashing workers, ever new clients and garbage. Memory and
 * descriptors have to stay flat; what is lost is reported. Memory is judged from the second minute on: until then V8
 * sizes its heaps. A run too short for that, such as that of `--short`, reports the growth and does not judge it.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Child } from '../../test/support/run.ts';
import { openArena, SERVER_CORE } from '../frame/arena.ts';
import { countDescriptors, readMemory } from '../frame/cpu.ts';
import { offer } from '../frame/generator.ts';
import { describeMachine } from '../frame/machine.ts';
import { writeResult } from '../frame/results.ts';
import { atLeast, atMost, type Bar, printBars, spread } from '../frame/statistics.ts';

export interface SoakResult {
  readonly minutes: number;
  readonly sent: number;
  readonly answered: number;
  readonly loss: number;
  readonly stepsNotKept: number;
  readonly workersLost: number;
  readonly counters: Readonly<Record<string, number>>;
  /** Growth of resident memory, octets, from the first quarter to the last of the samples that count. */
  readonly memoryGrowthOctets: number;
  /** Whether there were enough samples after the warm-up to judge that growth. */
  readonly memoryJudged: boolean;
  /** Resident memory once a step, the warm-up included. */
  readonly memoryOctets: readonly number[];
  /** Least open descriptors in the second third and in the last. */
  readonly descriptors: readonly number[];
  readonly bars: readonly Bar[];
}

const { values } = parseArgs({
  options: { minutes: { type: 'string' }, short: { type: 'boolean', default: false } },
});
const minutes = Number(values.minutes ?? (values.short ? 0.25 : 10));
const STEP_SECONDS = values.short ? 1.5 : 3;
/** V8 sizes its heaps for this long; what memory does until then is not growth. */
const WARM_UP_SECONDS = 60;
/** Fewer samples than this after the warm-up say nothing about growth. */
const SAMPLES_MIN = 12;
const RATE = 40_000;
const RESTART_EVERY_MS = '3000';
/** Growth that is allowed between the first and the last quarter: V8 returns memory when it likes. */
const GROWTH_OCTETS_MAX = 16 * 2 ** 20;
const COUNT_EVERY_MS = 200;
const LOSS_LIMIT = 0.01;
const BEHAVIOURS = ['basic:1', 'basic:70,interleaved:30', 'interleaved:1'];

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const arena = await openArena(false);
const server = new Child(
  arena.server.inside([
    'taskset',
    '-c',
    String(SERVER_CORE),
    process.execPath,
    script('../frame/pool-server.mjs'),
    RESTART_EVERY_MS,
  ]),
);
const memory: number[] = [];
const descriptors: number[] = [];
let [sent, answered, notKept, steps, warmUpSteps] = [0, 0, 0, 0, 0];
try {
  await server.saw(/serving/);
  const garbage = new Child(
    arena.generator.inside([process.execPath, '--import', 'tsx', script('./garbage.ts'), arena.server.ipv4]),
  );
  const counting = setInterval(() => {
    if (server.running) descriptors.push(countDescriptors(server.pid));
  }, COUNT_EVERY_MS);
  const start = Date.now();
  const end = start + minutes * 60_000;
  while (Date.now() < end && server.running) {
    // Every step is asked by other clients, in another number, another order and another way.
    const clients = 1000 * (1 + ((steps * 7) % 60));
    const mix = BEHAVIOURS[steps % BEHAVIOURS.length] as string;
    const options = ['--mix', mix, '--versions', '4:90,3:5,1:5', '--seed', String(steps + 1)];
    const step = await offer(arena, server.pid, { rate: RATE, seconds: STEP_SECONDS, clients, options });
    steps++;
    if (step === undefined) {
      notKept++;
    } else {
      sent += step.counts.sent;
      answered += step.counts.answered + step.counts.unsynchronised;
    }
    if (Date.now() < start + WARM_UP_SECONDS * 1000) warmUpSteps = steps;
    memory.push(readMemory(server.pid).residentOctets);
  }
  clearInterval(counting);
  await garbage.stop();
} finally {
  await server.stop();
  await arena.close();
}
if (!server.stdout.includes('{')) throw new Error(`the server ended by itself:\n${server.output}`);
const told = JSON.parse(server.stdout.slice(server.stdout.indexOf('{'))) as {
  workersLost: number;
  counters: Record<string, number>;
};
const { workersLost, counters } = told;
const loss = 1 - answered / Math.max(1, sent);
const growth = (samples: readonly number[]): number => {
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  return spread(samples.slice(-quarter)).median - spread(samples.slice(0, quarter)).median;
};
// The least, for a lost worker's successor was the spare thread, and the next spare comes a second later; after the first
// losses, with which some are opened for good.
const third = Math.floor(descriptors.length / 3);
const leastFirst = Math.min(...descriptors.slice(third, 2 * third));
const leastLater = Math.min(...descriptors.slice(2 * third));
const memoryJudged = steps - warmUpSteps >= SAMPLES_MIN;
const memoryGrowthOctets = growth(memoryJudged ? memory.slice(warmUpSteps) : memory);
console.log(
  `resident memory ${mebi(memory[0] ?? 0)} to ${mebi(memory.at(-1) ?? 0)} MiB, ` +
    `growth ${mebi(memoryGrowthOctets)} MiB ${memoryJudged ? 'after' : 'within'} the warm-up of ${WARM_UP_SECONDS} s`,
);
const bars = [
  ...(memoryJudged ? [atMost('growth of resident memory, octets', memoryGrowthOctets, GROWTH_OCTETS_MAX)] : []),
  atMost('growth of open descriptors', leastLater - leastFirst, 0),
  atMost('loss', loss, LOSS_LIMIT),
  atLeast('workers that were lost and replaced', workersLost, 1),
];
printBars(bars);
const figures: SoakResult = {
  minutes,
  sent,
  answered,
  loss,
  stepsNotKept: notKept,
  workersLost,
  counters,
  memoryGrowthOctets,
  memoryJudged,
  memoryOctets: memory,
  descriptors: [leastFirst, leastLater],
  bars,
};
const machine = describeMachine('veth pair');
console.log(writeResult({ name: 'soak', command: 'npm run bench:soak', machine, figures }, values.short));
if (bars.some((bar) => !bar.met)) process.exitCode = 1;

function mebi(octets: number): string {
  return (octets / 2 ** 20).toFixed(1);
}
