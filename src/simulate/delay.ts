import type { RandomStream } from './random-stream.ts';

/** One part of a one-way delay; a direction adds several to its base. All times in seconds. */
export type DelayPart = (
  | { readonly shape: 'constant'; readonly seconds: number }
  | { readonly shape: 'exponential'; readonly mean: number }
  | { readonly shape: 'normal'; readonly sigma: number }
  | { readonly shape: 'gamma'; readonly k: number; readonly scale: number }
  | { readonly shape: 'lognormal'; readonly median: number; readonly sigma: number }
  | { readonly shape: 'uniform'; readonly low: number; readonly high: number }
  /** One of several values for each packet. */
  | { readonly shape: 'choice'; readonly values: readonly number[] }
  /** AR(1): max(0, mean + sigma × x), where x is standard normal with correlation exp(−Δt / tau). */
  | { readonly shape: 'correlated'; readonly mean: number; readonly sigma: number; readonly tau: number }
  /** A queue that is busy for a while (adds Exp(mean)) and idle for a while; dwell times are exponential. */
  | { readonly shape: 'queue'; readonly mean: number; readonly busy: number; readonly idle: number }
  /** A buffer that fills from 0 to `peak` over `rise` seconds, empties and fills again. */
  | { readonly shape: 'sawtooth'; readonly peak: number; readonly rise: number }
  /** Load that comes and goes: Exp(mean) × (1 − cos(2π t / period)) / 2. */
  | { readonly shape: 'load'; readonly mean: number; readonly period: number }
  /** Equal-cost paths chosen by the hash of the ports: path i costs values[i] one way, values[n − 1 − i] the other. */
  | { readonly shape: 'ecmp'; readonly values: readonly number[] }
) & {
  /** The part acts only from `from` until `until`, repeated every `every` seconds if that is given. */
  readonly from?: number | undefined;
  readonly until?: number | undefined;
  readonly every?: number | undefined;
};

/** A window of time as delay parts and loss have it. */
export interface Window {
  readonly from?: number | undefined;
  readonly until?: number | undefined;
  readonly every?: number | undefined;
}

/** Whether `atSeconds` lies in the window. */
export function inWindow(window: Window, atSeconds: number): boolean {
  const at = window.every === undefined ? atSeconds : atSeconds % window.every;
  return at >= (window.from ?? 0) && at < (window.until ?? Number.POSITIVE_INFINITY);
}

/** Draws one part's delay for a packet that leaves at `atSeconds` towards (`up`) or from the server, on `port`. */
export type DelaySampler = (atSeconds: number, up: boolean, port: number) => number;

/** A sampler of the part, with memory of its own where the part has any. */
export function delaySampler(part: DelayPart, random: RandomStream): DelaySampler {
  const draw = unwindowedSampler(part, random);
  if (part.from === undefined && part.until === undefined) return draw;
  return (at, up, port) => (inWindow(part, at) ? draw(at, up, port) : 0);
}

function unwindowedSampler(part: DelayPart, random: RandomStream): DelaySampler {
  switch (part.shape) {
    case 'constant':
      return () => part.seconds;
    case 'exponential':
      return () => part.mean * random.exponential();
    case 'normal':
      return () => part.sigma * random.normal();
    case 'gamma':
      return () => part.scale * random.gamma(part.k);
    case 'lognormal':
      return () => part.median * Math.exp(part.sigma * random.normal());
    case 'uniform':
      return () => part.low + (part.high - part.low) * random.uniform();
    case 'choice':
      return () => part.values[Math.floor(random.uniform() * part.values.length)] as number;
    case 'correlated': {
      let last = Number.NEGATIVE_INFINITY;
      let x = 0;
      return (at) => {
        const correlation = Math.exp(-Math.abs(at - last) / part.tau);
        x = correlation * x + Math.sqrt(1 - correlation * correlation) * random.normal();
        last = at;
        return Math.max(0, part.mean + part.sigma * x);
      };
    }
    case 'queue': {
      let busy = false;
      let until = part.idle * random.exponential();
      return (at) => {
        while (until <= at) {
          busy = !busy;
          until += (busy ? part.busy : part.idle) * random.exponential();
        }
        return busy ? part.mean * random.exponential() : 0;
      };
    }
    case 'sawtooth':
      return (at) => (part.peak * (at % part.rise)) / part.rise;
    case 'load':
      return (at) => (part.mean * random.exponential() * (1 - Math.cos((2 * Math.PI * at) / part.period))) / 2;
    case 'ecmp': {
      const salt = random.word();
      const count = part.values.length;
      return (_at, up, port) => {
        let hash = Math.imul(port ^ salt, 0x9e37_79b1);
        hash ^= hash >>> 15;
        const path = (Math.imul(hash, 0x85eb_ca77) >>> 16) % count;
        return part.values[up ? path : count - 1 - path] as number;
      };
    }
  }
}
