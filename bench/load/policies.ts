/**
 * `npm run bench:policies`: what lists of 10,000 prefixes, rate control and interleaved mode
 * cost basic clients: answers per second of one core that is asked for more than it can give, with and without them, in
 * alternating rounds. Nobody is refused; that the listener could refuse is what is measured.
 */
import { openArena } from '../frame/arena.ts';
import { type Contestant, ntpdTsContestant } from '../frame/contestants.ts';
import { offer } from '../frame/generator.ts';
import { describeMachine } from '../frame/machine.ts';
import { writeResult } from '../frame/results.ts';
import { atLeast, printBars, spread } from '../frame/statistics.ts';
import { describeStep, type SweepStep } from './sweep.ts';

const short = process.argv.includes('--short');
const ROUNDS = short ? 2 : 7;
const SECONDS = short ? 1 : 2;
const RATE = 330_000;
const SHARE_MIN = 0.95;

/** Prefixes of all lengths, none of which has a client in it. */
const prefixes = Array.from({ length: 10_000 }, (_, i) => `"10.${i >> 8}.${i & 255}.0/${20 + (i % 13)}"`);
const entrants = [
  ntpdTsContestant('without', 'rate-limiting = false\ninterleaved = false\n'),
  ntpdTsContestant('with', `denylist = { filter = [${prefixes.join(', ')}], action = "ignore" }\n`),
];

const arena = await openArena(false);
const steps = new Map<string, SweepStep[]>(entrants.map(({ name }) => [name, []]));
try {
  for (let round = 0; round < ROUNDS; round++) {
    for (let turn = 0; turn < entrants.length; turn++) {
      const contestant = entrants[(round + turn) % entrants.length] as Contestant;
      const server = await contestant.start(arena);
      await offer(arena, server.pid, { rate: 50_000, seconds: 1 });
      const measured = await offer(arena, server.pid, { rate: RATE, seconds: SECONDS });
      await server.stop();
      if (measured === undefined) continue;
      const step = describeStep(contestant, measured);
      steps.get(contestant.name)?.push(step);
      console.log(
        `${contestant.name}: ${step.answers} answers/s, user ${step.userUs.toFixed(2)} us, system ${step.systemUs.toFixed(2)} us each`,
      );
    }
  }
} finally {
  await arena.close();
}
const answers = (name: string) => spread((steps.get(name) ?? []).map((step) => step.answers));
const figures = { without: answers('without'), with: answers('with') };
const bars = [
  atLeast('answers/s with all of it, share of without', figures.with.median / figures.without.median, SHARE_MIN),
];
printBars(bars);
writeResult(
  {
    name: 'policies',
    command: 'npm run bench:policies',
    machine: describeMachine('veth pair'),
    figures: { ...figures, bars, steps: Object.fromEntries(steps) },
  },
  short,
);
