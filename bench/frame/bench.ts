import { type Arena, openArena } from './arena.ts';
import { describeMachine } from './machine.ts';
import { writeResult } from './results.ts';
import { type Bar, printBars } from './statistics.ts';

/** Runs the benchmark `bench:NAME` in an arena that is closed whatever happens, prints its bars, and writes its result. */
export async function runInArena<Figures extends { readonly bars: readonly Bar[] }>(
  name: string,
  short: boolean,
  measure: (arena: Arena) => Promise<Figures>,
): Promise<void> {
  const arena = await openArena(false);
  let figures: Figures;
  try {
    figures = await measure(arena);
  } finally {
    await arena.close();
  }
  printBars(figures.bars);
  const machine = describeMachine('veth pair');
  console.log(writeResult({ name, command: `npm run bench:${name}`, machine, figures }, short));
}
