/**
 * `npm run bench:overload`: whose requests are answered when half as many again are sent as can be answered, one in ten
 * of them by clients who were there before: with the socket filter, and without.
 */
import { runOk } from '../../test/support/run.ts';
import { type Arena, openArena } from '../frame/arena.ts';
import { ntpdTsContestant } from '../frame/contestants.ts';
import { offer } from '../frame/generator.ts';
import { describeMachine } from '../frame/machine.ts';
import { writeResult } from '../frame/results.ts';
import { atLeast, type Bar, printBars } from '../frame/statistics.ts';

/** What became of the requests of clients in good standing and of the others, as shares; and of all, per second. */
export interface OverloadFigures {
  readonly name: string;
  readonly offered: number;
  readonly answers: number;
  readonly known: number;
  readonly unknown: number;
}

export interface OverloadResult {
  /** Answers/s at best, to which the overload is measured. */
  readonly capacity: number;
  readonly overload: readonly OverloadFigures[];
  readonly bars: readonly Bar[];
}

const short = process.argv.includes('--short');
const SECONDS = short ? 5 : 20;
const FACTOR = 1.5;
const KNOWN = 10_000;
const UNKNOWN = 900_000;
const UNKNOWN_PERCENT = 90;
/** Private addresses for a million clients, routed through the generator like the others. */
const NETWORK = '10.128.0.0/12';
/** The clients in good standing ask this often, alone, for longer than it takes to come to stand. */
const BEFORE = { rate: 20_000, seconds: short ? 12 : 20 };
const CAPACITY_ROUNDS = short ? 1 : 3;
/** Well above what one core answers. */
const FULL_RATE = 350_000;

const withFilter = ntpdTsContestant('with the filter', 'overload = "shed-unknown"\n');
const without = ntpdTsContestant('without', 'overload = "equal"\n');
const options = (unknownPercent: number): string[] => [
  '--abusers',
  `${UNKNOWN}:${unknownPercent}`,
  '--clients',
  NETWORK,
];

const arena = await openArena(false);
const overload: OverloadFigures[] = [];
let capacity = 0;
try {
  await runOk(['ip', '-n', arena.server.namespace, 'route', 'add', NETWORK, 'via', arena.generator.ipv4]);
  capacity = await findCapacity(arena);
  for (const contestant of [without, withFilter]) {
    const server = await contestant.start(arena);
    await offer(arena, server.pid, { ...BEFORE, clients: UNKNOWN + KNOWN, options: options(0.01) });
    const rate = FACTOR * capacity;
    const step = { rate, seconds: SECONDS, clients: UNKNOWN + KNOWN, options: options(UNKNOWN_PERCENT) };
    const measured = await offer(arena, server.pid, step);
    await server.stop();
    if (measured === undefined) continue;
    const { counts, durationSeconds, sentPerSecond } = measured;
    overload.push({
      name: contestant.name,
      offered: sentPerSecond,
      answers: counts.answered / durationSeconds,
      known: (counts.answered - counts.abuserAnswered) / Math.max(1, counts.sent - counts.abuserSent),
      unknown: counts.abuserAnswered / Math.max(1, counts.abuserSent),
    });
  }
} finally {
  await arena.close();
}

console.log(`capacity ${capacity.toFixed(0)}/s`);
const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
for (const { name, offered, answers, known, unknown } of overload) {
  console.log(
    `${name}: ${answers.toFixed(0)}/s of ${offered.toFixed(0)}/s answered: ${percent(known)} of those in good standing, ` +
      `${percent(unknown)} of the others`,
  );
}
const filtered = overload.find(({ name }) => name === withFilter.name);
const bars = [
  atLeast('share answered of clients in good standing', filtered?.known ?? 0, 0.95),
  atLeast('answers/s in overload over the best', (filtered?.answers ?? 0) / capacity, 0.95),
];
printBars(bars);
const figures: OverloadResult = { capacity, overload, bars };
const machine = describeMachine('veth pair');
console.log(writeResult({ name: 'overload', command: 'npm run bench:overload', machine, figures }, short));

/** Answers/s when far more is asked, all clients being alike. */
async function findCapacity(on: Arena): Promise<number> {
  const server = await without.start(on);
  await offer(on, server.pid, { rate: 50_000, seconds: 2 });
  let best = 0;
  for (let round = 0; round < CAPACITY_ROUNDS; round++) {
    const step = { rate: FULL_RATE, seconds: 2, clients: UNKNOWN + KNOWN, options: options(UNKNOWN_PERCENT) };
    const measured = await offer(on, server.pid, step);
    if (measured !== undefined) best = Math.max(best, measured.counts.answered / measured.durationSeconds);
  }
  await server.stop();
  if (best === 0) throw new Error('the generator kept no step (is this machine busy with other things?)');
  return best;
}
