/**
 * `npm run bench:load`: throughput of one server core, ntpd-ts between chronyd and the bare echo of its own addon,
 * in alternating rounds; once with the receive work where a veth pair puts it, once on the server's core.
 */
import { parseArgs } from 'node:util';
import { openArena } from '../frame/arena.ts';
import { type Contestant, chronydContestant, echoContestant, ntpdTsContestant } from '../frame/contestants.ts';
import { describeMachine } from '../frame/machine.ts';
import { writeResult } from '../frame/results.ts';
import { atLeast, type Bar, printBars, type Spread, spread } from '../frame/statistics.ts';
import { FULL_SWEEP, SHORT_SWEEP, type Sweep, sweep } from './sweep.ts';

/** Figures of one contestant over the rounds. */
export interface ThroughputFigures {
  readonly name: string;
  readonly version: string;
  readonly cleanRate: Spread;
  readonly best: Spread;
  readonly at150: Spread;
  readonly at200: Spread;
  readonly rounds: readonly Sweep[];
}

export interface ThroughputResult {
  readonly unsteered: readonly ThroughputFigures[];
  readonly steered: readonly ThroughputFigures[];
  readonly bars: readonly Bar[];
}

const { values } = parseArgs({
  options: { short: { type: 'boolean', default: false }, rounds: { type: 'string' } },
});
const short = values.short;
const rounds = Number(values.rounds ?? (short ? 1 : 5));

const contestants = [await chronydContestant(), ntpdTsContestant(), echoContestant()];
const unsteered = await measure(contestants, false);
const steered = await measure(contestants.slice(0, 2), true);
const bars = judge(unsteered, steered);
printBars(bars);
const file = writeResult<ThroughputResult>(
  {
    name: 'load',
    command: 'npm run bench:load',
    machine: describeMachine('veth pair'),
    figures: { unsteered, steered, bars },
  },
  short,
);
console.log(file);

async function measure(entrants: readonly Contestant[], rps: boolean): Promise<ThroughputFigures[]> {
  const arena = await openArena(rps);
  const sweeps = new Map<string, Sweep[]>(entrants.map(({ name }) => [name, []]));
  try {
    for (let round = 0; round < rounds; round++) {
      // Each round begins with another one, so that no order of them favours anyone.
      for (let turn = 0; turn < entrants.length; turn++) {
        const contestant = entrants[(round + turn) % entrants.length] as Contestant;
        const server = await contestant.start(arena);
        const result = await sweep(arena, contestant, server, short ? SHORT_SWEEP : FULL_SWEEP);
        await server.stop();
        sweeps.get(contestant.name)?.push(result);
        const { cleanRate, best, at150, at200 } = result;
        console.log(
          `${rps ? 'steered' : 'plain'} round ${round + 1} ${contestant.name}: clean ${k(cleanRate)}, ` +
            `best ${k(best)}, at 1.5x ${k(at150)}, at 2x ${k(at200)}`,
        );
      }
    }
  } finally {
    await arena.close();
  }
  return entrants.map(({ name, version }) => summarise(name, version, sweeps.get(name) ?? []));
}

function summarise(name: string, version: string, all: readonly Sweep[]): ThroughputFigures {
  const reached = (values: (number | null)[]): number[] => values.filter((value) => value !== null);
  return {
    name,
    version,
    cleanRate: spread(all.map(({ cleanRate }) => cleanRate)),
    best: spread(all.map(({ best }) => best)),
    at150: spread(reached(all.map(({ at150 }) => at150))),
    at200: spread(reached(all.map(({ at200 }) => at200))),
    rounds: all,
  };
}

function judge(plain: readonly ThroughputFigures[], rps: readonly ThroughputFigures[]): Bar[] {
  const [chronyd, ours, echo] = plain;
  const [steeredChronyd, steeredOurs] = rps;
  if (!chronyd || !ours || !echo || !steeredChronyd || !steeredOurs) throw new Error('a contestant is missing');
  return [
    atLeast("clean rate over chronyd's", ours.cleanRate.median / chronyd.cleanRate.median, 1.5),
    atLeast("best answers/s over chronyd's", ours.best.median / chronyd.best.median, 1.2),
    atLeast("best answers/s over the bare echo's", ours.best.median / echo.best.median, 0.9),
    atLeast('answers/s at 1.5x over the best', ours.at150.median / ours.best.median, 0.95),
    atLeast("steered: best answers/s over chronyd's", steeredOurs.best.median / steeredChronyd.best.median, 1),
  ];
}

function k(value: number | null): string {
  return value === null ? '-' : `${(value / 1000).toFixed(0)}k`;
}
