/** How clients behave: what they ask with, and when. Text of the command line to fields of a step. */
import type { StepOptions } from '../native/load-engine.ts';
import { readNumber, usage } from './plan.ts';

const MIX_ENTRIES = 1000;
const INTERLEAVED = 8;

export interface BehaviourOptions {
  /** `basic:70,interleaved:30` */
  readonly mix: string;
  /** `4:90,3:10` */
  readonly versions: string;
  readonly spacing: string;
  /** `10@2+1`: ten times the rate from second 2 on, for one second. */
  readonly flashCrowd?: string | undefined;
  /** `8:50`: eight clients send half of all requests. */
  readonly abusers?: string | undefined;
}

/** `a:70,b:30` as shares that add up to 1. */
export function readShares(option: string, text: string, allowed: readonly string[]): Map<string, number> {
  const shares = new Map<string, number>();
  for (const part of text.split(',')) {
    const [name = '', weight = '1', ...rest] = part.trim().replace(/%$/, '').split(':');
    if (!allowed.includes(name) || rest.length > 0 || shares.has(name)) {
      throw usage(`${option}: "${part}" is not one of ${allowed.map((each) => `${each}:WEIGHT`).join(', ')}`);
    }
    shares.set(name, readNumber(option, weight, { min: 0, max: 1e6 }));
  }
  const total = [...shares.values()].reduce((sum, weight) => sum + weight, 0);
  if (total <= 0) throw usage(`${option}: the weights of "${text}" add up to nothing`);
  for (const [name, weight] of shares) shares.set(name, weight / total);
  return shares;
}

/**
 * The kinds of a thousand clients, in an order that spreads each kind evenly. Interleaved clients are of version 4
 * (RFC 9769); the versions are those of the others.
 */
export function clientKinds(behaviours: Map<string, number>, versions: Map<string, number>): Uint8Array {
  const kinds = new Map<number, number>();
  const add = (kind: number, share: number) => kinds.set(kind, (kinds.get(kind) ?? 0) + share);
  add(4 | INTERLEAVED, behaviours.get('interleaved') ?? 0);
  for (const [version, share] of versions) add(Number(version), share * (behaviours.get('basic') ?? 0));
  const wanted = [...kinds].filter(([, share]) => share > 0);
  if (wanted.length === 1) return Uint8Array.of(wanted[0]?.[0] as number);
  // Each entry goes to the kind that is furthest behind its share.
  const given = new Map<number, number>();
  return Uint8Array.from({ length: MIX_ENTRIES }, (_, i) => {
    let best = 0;
    let most = Number.NEGATIVE_INFINITY;
    for (const [kind, share] of wanted) {
      const behind = share * (i + 1) - (given.get(kind) ?? 0);
      if (behind > most) {
        most = behind;
        best = kind;
      }
    }
    given.set(best, (given.get(best) ?? 0) + 1);
    return best;
  });
}

/** The fields of a step that behaviour decides. */
export function readBehaviour(
  options: BehaviourOptions,
  clients: number,
): Pick<
  StepOptions,
  'mix' | 'exponential' | 'crowdStartSeconds' | 'crowdEndSeconds' | 'crowdFactor' | 'abusers' | 'abuserShare'
> {
  if (options.spacing !== 'constant' && options.spacing !== 'exponential') {
    throw usage(`--spacing: "${options.spacing}" is neither constant nor exponential`);
  }
  const crowd = readCrowd(options.flashCrowd);
  const [count = '0', percent = '0'] = (options.abusers ?? '0:0').split(':');
  const abusers = readNumber('--abusers', count, { min: 0, max: clients, whole: true });
  const abuserShare = readNumber('--abusers', percent.replace(/%$/, ''), { min: 0, max: 100 }) / 100;
  if (options.abusers !== undefined && (abusers === 0 || abuserShare === 0)) {
    throw usage(`--abusers: "${options.abusers}" is not COUNT:PERCENT`);
  }
  return {
    mix: clientKinds(
      readShares('--mix', options.mix, ['basic', 'interleaved']),
      readShares('--versions', options.versions, ['1', '2', '3', '4']),
    ),
    exponential: options.spacing === 'exponential',
    ...crowd,
    abusers,
    abuserShare,
  };
}

function readCrowd(text: string | undefined) {
  if (text === undefined) return { crowdStartSeconds: 0, crowdEndSeconds: 0, crowdFactor: 1 };
  const match = /^([\d.]+)@([\d.]+)\+([\d.]+)$/.exec(text);
  if (match === null) throw usage(`--flash-crowd: "${text}" is not FACTOR@START+SECONDS, such as 10@2+1`);
  const [factor, start, length] = match
    .slice(1)
    .map((number) => readNumber('--flash-crowd', number, { min: 0, max: 1e6 })) as [number, number, number];
  if (factor <= 0 || length <= 0) throw usage(`--flash-crowd: "${text}" has no crowd`);
  return { crowdStartSeconds: start, crowdEndSeconds: start + length, crowdFactor: factor };
}
