/**
 * Which rates to measure: a fixed one, a sweep, a search for the highest the server keeps up with, and overload.
 * Knows nothing of packets: it is given a function that measures one step.
 */
import type { StepResult } from './step-result.ts';

/** Measures one step at a rate in requests per second. */
export type Measure = (rate: number) => Promise<StepResult>;

/** An invalid step says nothing about the server; it is tried again this often. */
const INVALID_TRIES = 3;

export interface SearchOptions {
  readonly startRate: number;
  readonly maxRate: number;
  /** Loss that is still kept up with, as a share. */
  readonly lossMax: number;
  /** The search ends when its bounds are this close, as a share of the lower. */
  readonly precision: number;
}

export interface SearchResult {
  /** Highest rate confirmed, requests per second; 0 when even the lowest tried had loss. */
  readonly rate: number;
  readonly answersPerSecond: number;
  /** What stopped the search: the server lost requests, the generator could not do more, or the limit was reached. */
  readonly limitedBy: 'server' | 'generator' | 'limit';
}

export interface OverloadResult {
  readonly factor: number;
  readonly rate: number;
  readonly answersPerSecond: number;
}

/** The middle value; the mean of the two middle ones of an even number. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** The rates of a sweep: `from`, times `factor`, up to `to`, which is the last. */
export function sweepRates(from: number, to: number, factor: number): number[] {
  const rates: number[] = [];
  for (let rate = from; rate < to * 0.999; rate *= factor) rates.push(Math.round(rate));
  rates.push(to);
  return rates;
}

/** Measures a rate until a step is valid; the last one, valid or not. */
async function measureValid(measure: Measure, rate: number): Promise<StepResult> {
  let result = await measure(rate);
  for (let tries = 1; !result.valid && tries < INVALID_TRIES; tries++) result = await measure(rate);
  return result;
}

interface Verdict {
  readonly keeps: boolean;
  /** The steps that lost were valid: it was the server. */
  readonly blamesServer: boolean;
  readonly answersPerSecond: number;
}

/** Measures a rate until `passes` steps kept it or two lost it; a median of three when both are two. */
async function judge(measure: Measure, rate: number, lossMax: number, passes: 1 | 2): Promise<Verdict> {
  const kept: StepResult[] = [];
  const lost: StepResult[] = [];
  while (kept.length < passes && lost.length < 2) {
    const result = await measureValid(measure, rate);
    // No loss proves that a rate is kept even when the generator was late; loss proves nothing then.
    (result.loss <= lossMax ? kept : lost).push(result);
  }
  const steps = kept.length >= passes ? kept : lost;
  return {
    keeps: steps === kept,
    blamesServer: lost.every((result) => result.valid),
    answersPerSecond: median(steps.map((result) => result.answersPerSecond)),
  };
}

/**
 * The highest rate with loss within the limit. Doubles until a rate is lost, bisects (where one good step is
 * believed), then confirms by a median of three, going down by the precision until a rate is confirmed.
 */
export async function search(measure: Measure, options: SearchOptions): Promise<SearchResult> {
  const { lossMax, maxRate, precision } = options;
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  let limitedBy: SearchResult['limitedBy'] = 'limit';
  const probe = async (rate: number): Promise<void> => {
    const verdict = await judge(measure, rate, lossMax, 1);
    if (verdict.keeps) {
      low = rate;
    } else {
      high = rate;
      limitedBy = verdict.blamesServer ? 'server' : 'generator';
    }
  };
  await probe(Math.min(options.startRate, maxRate));
  while (low > 0 && high === Number.POSITIVE_INFINITY && low < maxRate) await probe(Math.min(low * 2, maxRate));
  while (low === 0 && high > 1) await probe(high / 2);
  while (low > 0 && Number.isFinite(high) && high / low > 1 + precision) await probe((low + high) / 2);
  for (let rate = low; rate >= 1; rate /= 1 + precision) {
    const verdict = await judge(measure, rate, lossMax, 2);
    if (verdict.keeps) return { rate: Math.round(rate), answersPerSecond: verdict.answersPerSecond, limitedBy };
    limitedBy = verdict.blamesServer ? 'server' : 'generator';
  }
  return { rate: 0, answersPerSecond: 0, limitedBy };
}

/** Answers per second when `factor` times the rate that is kept is offered; medians of three steps. */
export async function overload(measure: Measure, rate: number, factors: readonly number[]): Promise<OverloadResult[]> {
  const results: OverloadResult[] = [];
  for (const factor of factors) {
    const answers: number[] = [];
    for (let i = 0; i < 3; i++) answers.push((await measureValid(measure, rate * factor)).answersPerSecond);
    results.push({ factor, rate: Math.round(rate * factor), answersPerSecond: median(answers) });
  }
  return results;
}
