import { LEAP_DELETE, LEAP_INSERT, LEAP_NONE } from '../../protocol/header.ts';
import { formatSeconds } from '../format.ts';
import { type Candidate, rootDistance, type UnfitReason } from './candidate.ts';
import { type Combination, combine } from './combine.ts';
import { covers, intersect, type Region } from './intersect.ts';
import { findSurvivors } from './survivors.ts';

/** The system peer stays until another survivor weighs so many times more. */
const PEER_CHANGE_RATIO = 2;

/** An estimate lags behind a rate that changes, as that of a slewed smear does, by no more than this. */
const SMEAR_SLACK_SECONDS = 2e-3;

/** What selection makes of a source, as a closed list. */
export const SELECTION_STATES = [
  /** Cannot take part; the reason is one of UNFIT_REASONS. */
  'unfit',
  /** Its interval does not cover what the largest set agrees on, or it says that it smears a leap second. */
  'falseticker',
  /** Agrees with the largest set, which is too small or not the majority. */
  'waiting',
  /** Agrees, but its own estimate is too far off to be combined. */
  'outlier',
  /** Agrees, but others are preferred. */
  'unpreferred',
  /** Combined. */
  'survivor',
  /** Combined, and the one that we name as our reference. */
  'system-peer',
] as const;

export type SelectionState = (typeof SELECTION_STATES)[number];

export interface SourceVerdict {
  readonly state: SelectionState;
  readonly reason: string;
}

/** The time as the agreeing sources have it. */
export interface Chosen extends Combination {
  readonly agreeing: readonly Candidate[];
  readonly survivors: readonly Candidate[];
  readonly systemPeer: Candidate;
  /** Where the time must be as long as a majority of the sources is right. */
  readonly bound: Region;
  /** Leap indicator that a strict majority of the agreeing sources shows: 0, 1 or 2. */
  readonly leap: number;
}

export interface Selection {
  readonly chosen: Chosen | null;
  /** One sentence: who agrees, or why nothing is selected. */
  readonly reason: string;
  /** How many more agreeing sources it takes; 0 when chosen. */
  readonly missing: number;
  readonly verdicts: ReadonlyMap<string, SourceVerdict>;
}

/** What selection remembers of its last result, against hopping. */
export interface Incumbents {
  /** Offset that is believed now; null before the first selection. */
  readonly anchorSeconds: number | null;
  readonly survivors: ReadonlySet<string>;
  readonly systemPeer: string | null;
}

export const NO_INCUMBENTS: Incumbents = { anchorSeconds: null, survivors: new Set(), systemPeer: null };

const UNFIT_TEXTS: Readonly<Record<UnfitReason, string>> = {
  'no-samples': 'has not been measured often enough yet',
  offline: 'is offline',
  unreachable: 'does not answer',
  unsynchronised: 'says that it is not synchronised',
  loop: 'follows this very machine',
  smearing: 'smears a leap second, so it does not show UTC',
  stratum: 'has a stratum above max-stratum',
  denied: 'refuses service',
  distance: 'has a root distance above max-distance',
  noselect: 'is only measured (noselect)',
};

/**
 * Selects and combines (RFC 5905 §11.2): the largest set of sources whose correctness intervals agree, if it has at
 * least `minimumAgreeing` members and is a strict majority of the fit sources. Where fit sources are trusted, only
 * these say where the time is and who is the majority.
 *
 * @param smearedSeconds - how far sources that smear a leap second, whether they say so or not, are ahead of the time.
 */
export function select(
  candidates: readonly Candidate[],
  minimumAgreeing: number,
  incumbents: Incumbents,
  smearedSeconds: readonly number[] = [],
): Selection {
  const ordered = [...candidates].sort((a, b) => (a.key < b.key ? -1 : 1));
  const verdicts = new Map<string, SourceVerdict>();
  for (const { key, unfit } of ordered) {
    if (unfit === null) continue;
    const state = unfit === 'smearing' ? 'falseticker' : 'unfit';
    verdicts.set(key, { state, reason: UNFIT_TEXTS[unfit] });
  }
  const fit = ordered.filter((one) => one.unfit === null);
  if (fit.length === 0) {
    return { chosen: null, reason: 'no source can be used', missing: minimumAgreeing, verdicts };
  }
  const trusted = fit.filter((one) => one.trust);
  const voters = trusted.length > 0 ? trusted : fit;
  const { count, region, majority } = intersect(voters, incumbents.anchorSeconds);
  const agreeing = fit.filter((one) => covers(one, region));
  for (const one of fit) {
    if (!agreeing.includes(one))
      verdicts.set(one.key, { state: 'falseticker', reason: describeDisagreement(one, region, smearedSeconds) });
  }
  const obstacle = findObstacle(agreeing, ordered, count, voters.length, minimumAgreeing);
  if (obstacle !== null || majority === null) {
    for (const one of agreeing) verdicts.set(one.key, { state: 'waiting', reason: obstacle?.reason ?? '' });
    return { chosen: null, reason: obstacle?.reason ?? '', missing: obstacle?.missing ?? 1, verdicts };
  }
  const chosen = choose(agreeing, voters, region, majority, incumbents, verdicts);
  const reason = `${agreeing.length} of ${fit.length} usable sources agree, ${chosen.survivors.length} combined`;
  return { chosen, reason, missing: 0, verdicts };
}

function findObstacle(
  agreeing: readonly Candidate[],
  all: readonly Candidate[],
  agreeingVoters: number,
  voters: number,
  minimumAgreeing: number,
): { reason: string; missing: number } | null {
  const majority = Math.floor(voters / 2) + 1;
  const missing = Math.max(minimumAgreeing - agreeing.length, majority - agreeingVoters);
  if (agreeingVoters < majority) {
    return { reason: `only ${agreeingVoters} of ${voters} usable sources agree, which is no majority`, missing };
  }
  if (agreeing.length < minimumAgreeing) {
    const needed = `minimum-agreeing-sources is ${minimumAgreeing}`;
    return { reason: `${agreeing.length} agreeing, ${needed}: ${missing} missing`, missing };
  }
  if (all.some((one) => one.require) && !agreeing.some((one) => one.require)) {
    return { reason: 'no required source is among those that agree', missing: 1 };
  }
  return null;
}

function choose(
  agreeing: readonly Candidate[],
  voters: readonly Candidate[],
  region: Region,
  bound: Region,
  incumbents: Incumbents,
  verdicts: Map<string, SourceVerdict>,
): Chosen {
  const close = findSurvivors(agreeing, voters, region, incumbents.survivors);
  const preferred = close.filter((one) => one.prefer);
  const survivors = preferred.length > 0 ? preferred : close;
  const combination = combine(survivors);
  const systemPeer = choosePeer(survivors, combination.shares, incumbents.systemPeer);
  for (const one of agreeing) verdicts.set(one.key, agreeingVerdict(one, close, survivors, systemPeer, combination));
  return {
    ...combination,
    agreeing,
    survivors,
    systemPeer,
    bound,
    leap: leapVote(voters.filter((one) => covers(one, region))),
  };
}

function choosePeer(survivors: readonly Candidate[], shares: readonly number[], incumbent: string | null): Candidate {
  let best = 0;
  let kept = -1;
  for (const [index, one] of survivors.entries()) {
    if ((shares[index] as number) > (shares[best] as number)) best = index;
    if (one.key === incumbent) kept = index;
  }
  const stays = kept >= 0 && (shares[kept] as number) * PEER_CHANGE_RATIO >= (shares[best] as number);
  return survivors[stays ? kept : best] as Candidate;
}

function agreeingVerdict(
  one: Candidate,
  close: readonly Candidate[],
  survivors: readonly Candidate[],
  systemPeer: Candidate,
  combination: Combination,
): SourceVerdict {
  const index = survivors.indexOf(one);
  if (index >= 0) {
    const percent = Math.round(100 * (combination.shares[index] as number));
    if (one === systemPeer) return { state: 'system-peer', reason: `reference, weight ${percent} %` };
    return { state: 'survivor', reason: `combined, weight ${percent} %` };
  }
  if (close.includes(one)) return { state: 'unpreferred', reason: 'others are preferred' };
  const apart = one.offsetSeconds - combination.offsetSeconds;
  return { state: 'outlier', reason: `agrees, but its estimate is ${formatSeconds(apart)} from the others'` };
}

function leapVote(agreeing: readonly Candidate[]): number {
  for (const leap of [LEAP_INSERT, LEAP_DELETE]) {
    if (agreeing.filter((one) => one.leap === leap).length * 2 > agreeing.length) return leap;
  }
  return LEAP_NONE;
}

function describeDisagreement(one: Candidate, region: Region, smearedSeconds: readonly number[]): string {
  const middle = (region.lowSeconds + region.highSeconds) / 2;
  const slack = rootDistance(one) + SMEAR_SLACK_SECONDS;
  const smears = smearedSeconds.some((ahead) => Math.abs(one.offsetSeconds - middle - ahead) <= slack);
  if (smears) return UNFIT_TEXTS.smearing;
  const apart = formatSeconds(one.offsetSeconds - middle);
  return `is ${apart} from the agreeing sources, its own bound is ${formatSeconds(rootDistance(one))}`;
}
