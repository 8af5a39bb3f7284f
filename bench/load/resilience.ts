/**
 * `node --import tsx bench/load/resilience.ts [--short]`: what abusers get and what they cost others, and what 50 reloads
 * under load cost anyone. Limits as they are by default; one worker on one core.
 */
import { openArena } from '../frame/arena.ts';
import { ntpdTsContestant } from '../frame/contestants.ts';
import { type Measured, offer } from '../frame/generator.ts';
import { describeMachine } from '../frame/machine.ts';
import { writeResult } from '../frame/results.ts';
import { atLeast, atMost, type Bar, printBars } from '../frame/statistics.ts';

const short = process.argv.includes('--short');
const SECONDS = short ? 5 : 15;
const WELL_BEHAVED = 10_000;
/** Requests per second of all well-behaved clients together: each asks every second. */
const QUIET_RATE = 10_000;
const RELOADS = 50;
const RELOAD_RATE = 150_000;

/** Limits of the defaults, for this long: the burst, the rate, and as much again leaked. */
const limited = (perSecond: number, burst: number): number => burst + 2 * perSecond * SECONDS;

const bars: Bar[] = [];
const figures: Record<string, Measured> = {};
const arena = await openArena(false);
try {
  await abuse('one client at 2,000/s', 1, 2_000, limited(32, 256));
  await abuse('a /24 at 50,000/s', 256, 50_000, limited(8192, 65_536));
  await reload();
} finally {
  await arena.close();
}
printBars(bars);
writeResult(
  {
    name: 'resilience',
    command: 'node --import tsx bench/load/resilience.ts',
    machine: describeMachine('veth pair'),
    figures: { ...figures, bars },
  },
  short,
);

/** Abusers beside well-behaved clients: the load tool counts both apart. */
async function abuse(name: string, abusers: number, abuserRate: number, answeredMax: number): Promise<void> {
  const server = await ntpdTsContestant().start(arena);
  const rate = QUIET_RATE + abuserRate;
  const options = ['--abusers', `${abusers}:${((100 * abuserRate) / rate).toFixed(4)}`];
  const measured = await offer(arena, server.pid, { rate, seconds: SECONDS, clients: WELL_BEHAVED, options });
  await server.stop();
  if (measured === undefined) throw new Error(`${name}: the generator kept no rate`);
  figures[name] = measured;
  const { sent, answered, abuserSent, abuserAnswered } = measured.counts;
  const served = (answered - abuserAnswered) / (sent - abuserSent);
  console.log(`${name}: ${abuserAnswered} of ${abuserSent} answered, the others ${(100 * served).toFixed(3)} %`);
  bars.push(atLeast(`${name}: share of the well-behaved answered`, served, 0.999));
  bars.push(atMost(`${name}: abusers' answers`, abuserAnswered, answeredMax));
}

/** Reloads under load: nothing may be lost on the listener that stays. */
async function reload(): Promise<void> {
  const server = await ntpdTsContestant('ntpd-ts', 'rate-limiting = false\n').start(arena);
  await offer(arena, server.pid, { rate: 50_000, seconds: 1 });
  const offered = offer(arena, server.pid, { rate: RELOAD_RATE, seconds: SECONDS });
  await new Promise((resolve) => setTimeout(resolve, 1500));
  for (let i = 0; i < RELOADS; i++) {
    process.kill(server.pid, 'SIGHUP');
    await new Promise((resolve) => setTimeout(resolve, ((SECONDS - 2) * 1000) / RELOADS));
  }
  const measured = await offered;
  await server.stop();
  if (measured === undefined) throw new Error('reload: the generator kept no rate');
  figures['reload'] = measured;
  console.log(`${RELOADS} reloads at ${RELOAD_RATE}/s: ${measured.counts.lost} of ${measured.counts.sent} lost`);
  bars.push(atMost(`requests lost over ${RELOADS} reloads at ${RELOAD_RATE}/s`, measured.counts.lost, 0));
}
