/**
 * `npm run bench:limits`: how often a well-behaved client is taken for one over its limit, and what abusers get, as the
 * tables of one worker fill; and what 1,000 clients behind one address get that boot together. Simulated: no packets,
 * no clock, the same figures every time.
 */
import { bootTimes, Gates, ipv4Words } from '../../test/simulation/support/gates.ts';
import { type Crowd, type Fate, type FillResult, fillTables } from '../../test/simulation/support/table-fill.ts';
import { describeMachine } from '../frame/machine.ts';
import { writeResult } from '../frame/results.ts';

export interface LimitsResult {
  readonly fills: readonly FillResult[];
  /** Share of the requests after the first minute, or after the last burst, that were answered. */
  readonly boots: readonly { readonly withinSeconds: number; readonly answered: number }[];
}

const short = process.argv.includes('--short');
const SCALE = short ? 64 : 8;
const SECONDS = short ? 3 : 10;
const SEED = 1;
/** Of a client that boots: eight requests, 2 s apart. */
const BURST_SECONDS = 14;
const CROWDS: readonly Crowd[] = [
  ...[0, 10_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000].map((abusers) => ({
    abusers,
    forgedPerSecond: 0,
  })),
  ...[100_000, 500_000, 1_000_000, 2_000_000].map((forgedPerSecond) => ({ abusers: 0, forgedPerSecond })),
  ...[100_000, 1_000_000, 2_000_000].map((forgedPerSecond) => ({ abusers: 20_000, forgedPerSecond })),
];

console.log('abusers    forged/s   well-behaved asked   limited   shared asked   limited   abusers within  leaked');
const fills: FillResult[] = CROWDS.map((crowd) => {
  const result = fillTables(crowd, SCALE, SECONDS, SEED);
  const { single, shared, abusers } = result;
  const cells = [
    crowd.abusers.toLocaleString('en').padEnd(11),
    crowd.forgedPerSecond.toLocaleString('en').padEnd(11),
    ...[String(single.asked).padEnd(21), String(limited(single)).padEnd(10)],
    ...[String(shared.asked).padEnd(15), String(limited(shared)).padEnd(10)],
    share(abusers.within, abusers).padEnd(16),
    share(abusers.leaked, abusers),
  ];
  console.log(cells.join(''));
  return result;
});
const boots = [5, 10, 20, 25, 30, 60].map((withinSeconds) => {
  const answered = answeredAfterBoot(withinSeconds);
  console.log(`1,000 clients at poll 6, booted within ${withinSeconds} s: ${(100 * answered).toFixed(2)} % answered`);
  return { withinSeconds, answered };
});
const figures: LimitsResult = { fills, boots };
const machine = describeMachine('none');
console.log(writeResult({ name: 'limits', command: 'npm run bench:limits', machine, figures }, short));

/** They keep the distances of their boot, but for 2 % of jitter. Counted from when the last burst is over, or a minute. */
function answeredAfterBoot(withinSeconds: number): number {
  const gates = new Gates(SEED, 1);
  const asked = bootTimes(1000, withinSeconds, 1200, SEED);
  const from = Math.max(60, withinSeconds + BURST_SECONDS);
  const answered = asked.filter(({ seconds }) => gates.ask(ipv4Words(0xcb00_7107), seconds) && seconds >= from);
  return answered.length / asked.filter(({ seconds }) => seconds >= from).length;
}

/** Requests taken for over the limit, answered or not. */
function limited({ asked, within }: Fate): number {
  return asked - within;
}

function share(part: number, { asked }: Fate): string {
  return asked === 0 ? '-' : `${((100 * part) / asked).toFixed(1)} %`;
}
