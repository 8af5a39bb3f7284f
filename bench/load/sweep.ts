import type { Arena } from '../frame/arena.ts';
import type { Contestant, RunningServer } from '../frame/contestants.ts';
import { type Measured, offer } from '../frame/generator.ts';

/** Rates beyond what a server core can answer: the first that the generator can keep is taken. */
const OVERLOADS = [360_000, 330_000, 300_000];
const OVERLOAD_SECONDS = 2;

/** Answers per second when more is asked than can be answered. */
export async function saturate(arena: Arena, pid: number): Promise<number> {
  for (const rate of OVERLOADS) {
    const measured = await offer(arena, pid, { rate, seconds: OVERLOAD_SECONDS });
    if (measured !== undefined) return measured.answersPerSecond;
  }
  throw new Error(`the generator could keep none of ${OVERLOADS.join(', ')}/s`);
}

/** One step of a sweep, as it is kept. */
export interface SweepStep {
  readonly offered: number;
  readonly answers: number;
  readonly loss: number;
  /** Processor time of server and cores per answer, microseconds. */
  readonly userUs: number;
  readonly systemUs: number;
  readonly softirqUs: readonly number[];
}

/** What a sweep over rising rates says about a server. */
export interface Sweep {
  /** Highest offered rate with a loss of at most LOSS_MAX. */
  readonly cleanRate: number;
  /** Best answers/s of all steps. */
  readonly best: number;
  /** Answers/s at 1.5 and at 2 times the best; null where the generator does not reach that. */
  readonly at150: number | null;
  readonly at200: number | null;
  readonly steps: readonly SweepStep[];
}

export interface SweepOptions {
  readonly stepSeconds: number;
  readonly firstRate: number;
  /** Rates rise by this factor until the server is well past its limit. */
  readonly factor: number;
  /** ... or would pass this one. */
  readonly rateMax: number;
  /** Halvings between the last clean and the first lossy rate. */
  readonly halvings: number;
  readonly warmUpSeconds: number;
  /** How often a step is tried that the generator cannot keep. */
  readonly attempts: number;
}

export const FULL_SWEEP: SweepOptions = {
  stepSeconds: 1,
  firstRate: 80_000,
  factor: 1.2,
  rateMax: 1_500_000,
  halvings: 4,
  warmUpSeconds: 2,
  attempts: 5,
};
export const SHORT_SWEEP: SweepOptions = {
  stepSeconds: 0.5,
  firstRate: 80_000,
  factor: 1.8,
  rateMax: 500_000,
  halvings: 1,
  warmUpSeconds: 0.5,
  attempts: 2,
};

export const LOSS_MAX = 0.001;
/** The climb ends where this share is lost: the best is behind. */
const LOSS_END = 0.25;
/** ... or where the generator keeps so many rates in a row not. */
const MISSED_MAX = 2;
const WARM_UP_RATE = 50_000;

/**
 * Sweeps over one running server.
 *
 * @param load - further options of `ntpd-ts load`.
 * @param kept - gets every step as the generator measured it; those that are in it already count, too.
 */
export async function sweep(
  arena: Arena,
  contestant: Contestant,
  server: RunningServer,
  options: SweepOptions,
  load: readonly string[] = [],
  kept: Measured[] = [],
): Promise<Sweep> {
  const steps: SweepStep[] = kept.map((measured) => describeStep(contestant, measured));
  const measure = async (rate: number): Promise<SweepStep | undefined> => {
    const { stepSeconds: seconds, attempts } = options;
    const measured = await offer(arena, server.pid, { rate, seconds, options: load }, attempts);
    if (measured === undefined) return undefined;
    kept.push(measured);
    const step = describeStep(contestant, measured);
    steps.push(step);
    return step;
  };
  /** A short disturbance of the machine is not the server's: a lossy step gets a second try. */
  const measureFairly = async (rate: number): Promise<SweepStep | undefined> => {
    const step = await measure(rate);
    return step === undefined || step.loss <= LOSS_MAX ? step : betterOf(step, await measure(rate));
  };

  await offer(arena, server.pid, { rate: WARM_UP_RATE, seconds: options.warmUpSeconds }, 1);
  let clean = 0;
  let lossy = 0;
  let missed = 0;
  for (let rate = options.firstRate; rate < options.rateMax && missed < MISSED_MAX; rate *= options.factor) {
    const step = await measureFairly(rate);
    if (step === undefined) {
      missed++;
      continue;
    }
    missed = 0;
    if (step.loss <= LOSS_MAX) {
      clean = rate;
      lossy = 0;
    } else if (lossy === 0) lossy = rate;
    if (step.loss > LOSS_END) break;
  }
  let low = clean === 0 ? options.firstRate / 8 : clean;
  let high = lossy;
  for (let i = 0; i < options.halvings && high > 0; i++) {
    const middle = Math.sqrt(low * high);
    const step = await measureFairly(middle);
    if (step !== undefined && step.loss <= LOSS_MAX) {
      low = middle;
      clean = middle;
    } else high = middle;
  }
  if (steps.length === 0) {
    throw new Error(`${contestant.name}: the generator kept no rate at all (is this machine busy with other things?)`);
  }
  for (const { offered, loss } of steps) if (loss <= LOSS_MAX && offered > clean) clean = offered;
  const best = Math.max(...steps.map((step) => step.answers));
  const at150 = await measure(best * 1.5);
  const at200 = await measure(best * 2);
  return { cleanRate: clean, best, at150: at150?.answers ?? null, at200: at200?.answers ?? null, steps };
}

function betterOf(first: SweepStep, second: SweepStep | undefined): SweepStep {
  return second !== undefined && second.loss < first.loss ? second : first;
}

/** What came back, and what it cost. Of an echo the octets are its own request's, so all replies count. */
export function describeStep(contestant: Contestant, measured: Measured): SweepStep {
  const { counts, durationSeconds, cpu } = measured;
  const answers = contestant.echo === true ? counts.replies : counts.answered + counts.unsynchronised;
  const perAnswerUs = (seconds: number): number => (seconds * 1e6) / Math.max(1, answers);
  return {
    offered: Math.round(measured.sentPerSecond),
    answers: Math.round(answers / durationSeconds),
    loss: 1 - answers / Math.max(1, counts.sent),
    userUs: perAnswerUs(cpu.user),
    systemUs: perAnswerUs(cpu.system),
    softirqUs: cpu.softirq.map(perAnswerUs),
  };
}
