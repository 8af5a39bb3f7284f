import type { Variates } from './random.ts';
import type { Path, World } from './single-client.ts';

/** What chrony reached in the same world: median of 7 seeds, seconds and s/s. */
export interface Figures {
  readonly rmsOffset: number;
  readonly maxOffset: number;
  readonly rmsFrequency: number;
}

export interface Scenario extends World {
  readonly chrony: Figures;
  /** The RMS offset that is asked for, as a share of chrony's. */
  readonly share: number;
}

/** Independent delays, each direction drawn by `draw`. */
function independent(draw: (random: Variates) => number): () => Path {
  return () => (_at, random, out) => {
    out[0] = draw(random);
    out[1] = draw(random);
    return true;
  };
}

export function exponentialPath(base: number, mean: number): () => Path {
  return independent((random) => base + mean * random.exponential());
}

function lossy(make: () => Path, share: number): () => Path {
  return () => {
    const path = make();
    return (at, random, out) => {
      const arrived = path(at, random, out);
      return random.uniform() >= share && random.uniform() >= share && arrived;
    };
  };
}

const MICRO = 1e-6;
const MILLI = 1e-3;
const PPM = 1e-6;

const POLL6 = {
  path: exponentialPath(100 * MICRO, 100 * MICRO),
  wander: 1e-9,
  pollSeconds: (): number => 64,
  endSeconds: 40_000,
};

function chrony(rmsMicro: number, maxMicro: number, frequencyPpm: number): Figures {
  return { rmsOffset: rmsMicro * MICRO, maxOffset: maxMicro * MICRO, rmsFrequency: frequencyPpm * PPM };
}

/** The worlds in which chrony was measured; one row each of the published comparison. */
export const SCENARIOS: readonly Scenario[] = [
  {
    ...POLL6,
    name: 'default',
    pollSeconds: (at) => (at < 400 ? 64 : at < 1200 ? 128 : at < 2400 ? 256 : 600),
    chrony: chrony(116, 310, 0.127),
    share: 0.65,
  },
  { ...POLL6, name: 'poll6', chrony: chrony(21.0, 79, 0.106), share: 0.65 },
  {
    ...POLL6,
    name: 'lan-poll4',
    path: exponentialPath(50 * MICRO, 10 * MICRO),
    pollSeconds: () => 16,
    endSeconds: 20_000,
    chrony: chrony(2.56, 7.1, 0.048),
    share: 0.65,
  },
  { ...POLL6, name: 'wander8', wander: 1e-8, chrony: chrony(58.7, 206, 0.64), share: 0.65 },
  {
    ...POLL6,
    name: 'gamma3',
    path: independent((random) => 5 * MILLI + 300 * MICRO * random.gamma(3)),
    chrony: chrony(78, 336, 0.33),
    share: 1,
  },
  {
    ...POLL6,
    name: 'diurnal',
    path: () => (at, random, out) => {
      const hour = (at / 3600) % 24;
      out[0] = 5 * MILLI + 100 * MICRO * random.exponential();
      out[1] = 5 * MILLI + 100 * MICRO * random.exponential() + (hour >= 16 ? 5 * MILLI * random.gamma(2) : 0);
      return true;
    },
    endSeconds: 260_000,
    chrony: chrony(239, 3600, 2.4),
    share: 1,
  },
  {
    ...POLL6,
    name: 'bloat',
    path: () => (at, random, out) => {
      out[0] = 8 * MILLI + 200 * MICRO * random.exponential() + (at % 3600 < 600 ? 0.1 * random.uniform() : 0);
      out[1] = 8 * MILLI + 200 * MICRO * random.exponential();
      return true;
    },
    chrony: chrony(38, 105, 0.16),
    share: 1,
  },
  {
    ...POLL6,
    name: 'ecmp2',
    path: independent(
      (random) => MILLI + 20 * MICRO * random.exponential() + (random.uniform() < 0.5 ? 300 * MICRO : 0),
    ),
    chrony: chrony(33, 114, 0.11),
    share: 1,
  },
  {
    ...POLL6,
    name: 'normal',
    path: independent((random) => MILLI + 100 * MICRO * random.normal()),
    chrony: chrony(34, 79, 0.12),
    share: 1,
  },
  {
    ...POLL6,
    name: 'temp',
    frequencyAt: (at) =>
      0.5 * PPM * Math.sin((2 * Math.PI * at) / 86_400) + 0.1 * PPM * Math.sin((2 * Math.PI * at) / 1200),
    endSeconds: 90_000,
    chrony: chrony(33, 93, 0.21),
    share: 1,
  },
  { ...POLL6, name: 'jit10', path: exponentialPath(10 * MILLI, 10 * MILLI), chrony: chrony(926, 2700, 2.2), share: 1 },
  { ...POLL6, name: 'wander7', wander: 1e-7, chrony: chrony(142, 493, 2.6), share: 1 },
  { ...POLL6, name: 'loss33', path: lossy(POLL6.path, 1 / 3), chrony: chrony(40, 150, 0.16), share: 1 },
];

/** A queue's state that both packets of an exchange may meet: AR(1), correlation time `seconds`, σ 1. */
function correlated(seconds: number): (at: number, random: Variates) => number {
  let state = Number.NaN;
  let last = 0;
  return (at, random) => {
    const keep = Number.isNaN(state) ? 0 : Math.exp(-(at - last) / seconds);
    state = (keep === 0 ? 0 : keep * state) + Math.sqrt(1 - keep * keep) * random.normal();
    last = at;
    return state;
  };
}

/** A queue that is empty or full, with exponential dwell times in both states. */
function twoState(emptySeconds: number, fullSeconds: number): (at: number, random: Variates) => boolean {
  let full = false;
  let until = 0;
  return (at, random) => {
    while (until < at) {
      full = !full;
      until += (full ? fullSeconds : emptySeconds) * random.exponential();
    }
    return full;
  };
}

/** Worlds that chrony was not measured in: other delays, which the filter must learn as well. */
export const FURTHER_WORLDS: readonly World[] = [
  {
    ...POLL6,
    name: 'lognormal',
    path: independent((random) => 2 * MILLI + 200 * MICRO * Math.exp(random.normal())),
  },
  {
    ...POLL6,
    name: 'correlated',
    path: () => {
      const up = correlated(300);
      const down = correlated(300);
      return (at, random, out) => {
        out[0] = 2 * MILLI + 200 * MICRO * Math.exp(up(at, random));
        out[1] = 2 * MILLI + 200 * MICRO * Math.exp(down(at, random));
        return true;
      };
    },
  },
  {
    ...POLL6,
    name: 'two-state',
    path: () => {
      const up = twoState(60, 20);
      const down = twoState(60, 20);
      return (at, random, out) => {
        out[0] = 2 * MILLI + (up(at, random) ? 5 * MILLI * random.uniform() : 0) + 50 * MICRO * random.exponential();
        out[1] = 2 * MILLI + (down(at, random) ? 5 * MILLI * random.uniform() : 0) + 50 * MICRO * random.exponential();
        return true;
      };
    },
  },
  {
    ...POLL6,
    name: 'mostly-full',
    path: () => {
      const up = twoState(20, 60);
      return (at, random, out) => {
        out[0] = 2 * MILLI + (up(at, random) ? 5 * MILLI * random.uniform() : 0) + 50 * MICRO * random.exponential();
        out[1] = 2 * MILLI + 50 * MICRO * random.exponential();
        return true;
      };
    },
  },
  {
    ...POLL6,
    name: 'sawtooth',
    path: () => (at, random, out) => {
      out[0] = 10 * MILLI + ((at % 3) / 3) * 0.2 + 200 * MICRO * random.exponential();
      out[1] = 10 * MILLI + 200 * MICRO * random.exponential();
      return true;
    },
  },
  {
    ...POLL6,
    name: 'periodic',
    path: () => (at, random, out) => {
      const load = 1 + 0.9 * Math.sin((2 * Math.PI * at) / 7200);
      out[0] = 5 * MILLI + 300 * MICRO * load * random.exponential();
      out[1] = 5 * MILLI + 300 * MICRO * load * random.exponential();
      return true;
    },
  },
  {
    ...POLL6,
    name: 'ecmp-opposite',
    path: () => (_at, random, out) => {
      const port = Math.floor(random.uniform() * 4);
      const asymmetry = [-200, -70, 70, 200][port] as number;
      out[0] = MILLI + asymmetry * MICRO + 20 * MICRO * random.exponential();
      out[1] = MILLI - asymmetry * MICRO + 20 * MICRO * random.exponential();
      return true;
    },
  },
  {
    ...POLL6,
    name: 'one-sided',
    path: () => (_at, random, out) => {
      out[0] = MILLI + 10 * MICRO * random.exponential();
      out[1] = MILLI + MILLI * random.exponential();
      return true;
    },
  },
  {
    ...POLL6,
    name: 'stamp-noise',
    path: independent((random) => 100 * MICRO + 10 * MICRO * random.exponential() + 20 * MICRO * random.normal()),
  },
  { ...POLL6, name: 'quiet', path: exponentialPath(100 * MICRO, 0.5 * MICRO), pollSeconds: () => 16 },
  {
    ...POLL6,
    name: 'steps',
    frequencyAt: (at) => (at % 10_000 < 5000 ? 0 : 1e-6),
  },
  {
    ...POLL6,
    name: 'route',
    path: () => (at, random, out) => {
      const longer = at % 16_000 > 8000 ? 5 * MILLI : 0;
      out[0] = 5 * MILLI + longer + 100 * MICRO * random.exponential();
      out[1] = 5 * MILLI + longer + 100 * MICRO * random.exponential();
      return true;
    },
  },
  {
    ...POLL6,
    name: 'route-one-way',
    path: () => (at, random, out) => {
      const longer = at % 16_000 > 8000 ? 5 * MILLI : 0;
      out[0] = 5 * MILLI + longer + 100 * MICRO * random.exponential();
      out[1] = 5 * MILLI + 100 * MICRO * random.exponential();
      return true;
    },
  },
  { ...POLL6, name: 'fast', frequency: 500e-6, offsetSeconds: -1000 },
  { ...POLL6, name: 'rare', path: lossy(POLL6.path, 0.77) },
];
