/**
 * `npm run bench:stamps`: how far the transmit stamp in a reply (T3) is from the moment the reply reached the other
 * end, with and without correction, beside chronyd, in alternating rounds. The path's own share of it is what
 * interleaved replies show, which carry the kernel's transmit stamp.
 */
import { parseArgs } from 'node:util';
import { type Arena, openArena } from '../frame/arena.ts';
import { type Contestant, chronydContestant, ntpdTsContestant } from '../frame/contestants.ts';
import { offer } from '../frame/generator.ts';
import { describeMachine } from '../frame/machine.ts';
import { writeResult } from '../frame/results.ts';
import { atMost, type Bar, printBars, type Spread, spread } from '../frame/statistics.ts';

/** Arrival minus T3 in nanoseconds at one rate; deviations over the central 99 % and over all. */
export interface StampError {
  readonly rate: number;
  readonly mean: Spread;
  readonly coreDeviation: Spread;
  readonly deviation: Spread;
  readonly p1: Spread;
  readonly p99: Spread;
  readonly largest: Spread;
}

export interface StampFigures {
  readonly name: string;
  readonly version: string;
  readonly errors: readonly StampError[];
}

export interface StampResult {
  readonly contestants: readonly StampFigures[];
  /** Mean of arrival minus kernel transmit stamp in nanoseconds, by contestant of the path measurement. */
  readonly path: readonly StampFigures[];
  readonly bars: readonly Bar[];
}

const { values } = parseArgs({
  options: { short: { type: 'boolean', default: false }, rounds: { type: 'string' } },
});
const short = values.short;
const rounds = Number(values.rounds ?? (short ? 1 : 5));
const seconds = short ? 1 : 4;
const RATES = [5_000, 45_000, 135_000];
/** The correction learns from a sample of replies; chronyd's stamps need no time, which a short run does not give them. */
const LEARN_SECONDS = short ? 1 : 3;
const WARM_UP_SECONDS = short ? 0.2 : LEARN_SECONDS;
/** Each interleaved client asks so often: its first two requests are basic and should not weigh. */
const INTERLEAVED_PER_CLIENT = 50;
const INTERLEAVED_SHARE_MIN = 0.95;

type Row = { mean: number; coreDeviation: number; deviation: number; p1: number; p99: number; max: number };
const FIELDS = ['mean', 'coreDeviation', 'deviation', 'p1', 'p99'] as const;

const CORRECTED = 'ntpd-ts';
const UNCORRECTED = 'ntpd-ts, not corrected';
const basic = [
  await chronydContestant(),
  ntpdTsContestant(CORRECTED),
  ntpdTsContestant(UNCORRECTED, '[workers]\ncorrect-transmit = false\n'),
];
/** Few clients ask often here: without the limits that they would run into. */
const interleaved = [await chronydContestant(), ntpdTsContestant(CORRECTED, 'rate-limiting = false\n')];

const arena = await openArena(false);
const basicRows = new Map<string, Row[][]>();
const pathRows = new Map<string, Row[][]>();
try {
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < basic.length; turn++) {
      const contestant = basic[(round + turn) % basic.length] as Contestant;
      await measure(arena, contestant, basicRows, []);
    }
    for (const contestant of interleaved) await measure(arena, contestant, pathRows, ['--mix', 'interleaved:1']);
  }
} finally {
  await arena.close();
}

const contestants = basic.map((contestant) => summarise(contestant, basicRows.get(contestant.name) ?? []));
const path = interleaved.map((contestant) => summarise(contestant, pathRows.get(contestant.name) ?? []));
const bars = judge();
printBars(bars);
const result: StampResult = { contestants, path, bars };
const machine = describeMachine('veth pair');
console.log(writeResult({ name: 'stamps', command: 'npm run bench:stamps', machine, figures: result }, short));

/** One start of one contestant: every rate, after it had time to learn at that rate. */
async function measure(
  where: Arena,
  contestant: Contestant,
  into: Map<string, Row[][]>,
  options: readonly string[],
): Promise<void> {
  const server = await contestant.start(where);
  const rows = into.get(contestant.name) ?? RATES.map(() => []);
  into.set(contestant.name, rows);
  for (const [index, rate] of RATES.entries()) {
    const clients = options.length > 0 ? { clients: rate / INTERLEAVED_PER_CLIENT } : {};
    const before = contestant.name === CORRECTED ? LEARN_SECONDS : WARM_UP_SECONDS;
    await offer(where, server.pid, { rate, seconds: before, options, ...clients }, short ? 1 : undefined);
    const step = await offer(where, server.pid, { rate, seconds, options, ...clients });
    if (step === undefined) continue;
    // A basic reply among the interleaved would carry the other kind of stamp.
    const { interleavedReplies, answered } = step.counts;
    if (options.length > 0 && interleavedReplies < answered * INTERLEAVED_SHARE_MIN) continue;
    const error = step.distributions.transmitError;
    rows[index]?.push(error);
    console.log(
      `${contestant.name} ${options.join(' ')} ${rate}/s: mean ${us(error.mean)}, sigma ${us(error.coreDeviation)} ` +
        `(all ${us(error.deviation)}), p1 ${us(error.p1)}, p99 ${us(error.p99)}, loss ${(step.loss * 100).toFixed(3)} %`,
    );
  }
  await server.stop();
}

function summarise(contestant: Contestant, rows: readonly Row[][]): StampFigures {
  const errors = RATES.map((rate, index) => {
    const measured = rows[index] ?? [];
    const of = Object.fromEntries(FIELDS.map((field) => [field, spread(measured.map((row) => row[field]))]));
    return { rate, ...of, largest: spread(measured.map((row) => row.max)) } as unknown as StampError;
  });
  return { name: contestant.name, version: contestant.version, errors };
}

function judge(): Bar[] {
  const [chronyd, ours] = contestants;
  return RATES.flatMap((rate, index) => {
    const own = ours?.errors[index];
    const theirs = chronyd?.errors[index];
    const paths = path.map(({ errors }) => errors[index]?.mean.median ?? Number.NaN).filter((value) => value > 0);
    if (own === undefined || theirs === undefined) return [];
    // Our own interleaved replies show our path; chronyd's stand in where there are none.
    const pathNs = paths.at(-1) ?? Number.NaN;
    const sigmaLimit = Math.min(2000, theirs.coreDeviation.median);
    return [
      atMost(`${rate}/s: |mean - path| ns`, Math.abs(own.mean.median - pathNs), 500),
      atMost(`${rate}/s: sigma of the central 99 % ns`, own.coreDeviation.median, Math.round(sigmaLimit)),
    ];
  });
}

function us(ns: number): string {
  return `${(ns / 1000).toFixed(2)} us`;
}
