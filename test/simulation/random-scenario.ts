import type { DelayPart } from '../../src/simulate/delay.ts';
import type { RandomStream } from '../../src/simulate/random-stream.ts';
import type { Chapter, LinkOptions, NodeOptions, Scenario, ServerOptions } from '../../src/simulate/scenario.ts';

const DAY_SECONDS = 86_400;
const START_NTP_SECONDS = 4_004_467_200;

/** A world of random faults and, for judging it, which of its servers never lie. */
export interface RandomWorld {
  scenario: Scenario;
  honest: readonly string[];
}

/**
 * A day of one client with many sources, each with its own path and its own faults: lies that drift, jump or agree
 * with each other, silence, kisses, spoilt replies, impossible headers; paths that lose, double, hold back, change
 * and jam; an oscillator that wanders, steps and sleeps, and other hands on the clock.
 */
export function randomWorld(random: RandomStream, sources: number): RandomWorld {
  const between = (low: number, high: number): number => low + (high - low) * random.uniform();
  const chance = (probability: number): boolean => random.uniform() < probability;
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random.uniform() * values.length)] as T;
  const some = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
  const moment = (): number => Math.floor(between(0, DAY_SECONDS));

  const conspiracy = between(-2, 2);
  const liars = random.uniform() * 0.8;
  const servers: ServerOptions[] = [];
  const honest: string[] = [];
  for (let index = 0; index < sources; index++) {
    const name = `s${index}`;
    const lies = random.uniform() < liars;
    if (!lies) honest.push(name);
    servers.push({
      name,
      offset: lies ? pick([conspiracy, between(-1, 1), 10 ** between(-5, 3), 0]) : 0,
      driftPpm: lies && chance(0.3) ? between(-50, 50) : 0,
      stratum: 1 + Math.floor(random.uniform() * 4),
      leap: chance(0.05) ? pick([1, 2, 3]) : 0,
      rootDelay: chance(0.5) ? between(0, 0.05) : 0,
      rootDispersion: chance(0.5) ? between(0, 0.02) : 0,
      precision: pick([-29, -24, -20, -6]),
      refid: pick(['GPS', 'PPS', 'DCF']),
      stampNoise: chance(0.3) ? 10 ** between(-8, -4) : 0,
      announcesLeap: true,
      interleaved: chance(0.5),
      rateLimit: chance(0.1) ? { interval: 2 ** between(2, 8), burst: 4, kiss: chance(0.7) } : undefined,
      chapter: chance(0.5) ? chapters(lies) : [],
    });
  }

  function chapters(lies: boolean): Chapter[] {
    const make = (): Chapter => ({
      at: moment(),
      offset: lies ? pick([undefined, conspiracy, between(-5, 5), 0]) : undefined,
      driftPpm: lies ? pick([undefined, between(-100, 100), 0]) : undefined,
      stratum: pick([undefined, 1, 5, 15, 16, 0]),
      leap: pick([undefined, 0, 0, 1, 3]),
      rootDelay: pick([undefined, 0, 0.5, 5]),
      rootDispersion: pick([undefined, 0, 0.5, 30]),
      silent: pick([undefined, true, false, false]),
      kiss: pick([undefined, '', '', 'RATE', 'DENY', 'RSTR', 'XYZ']),
      spoilt: pick([undefined, 0, 0.2, 1]),
    });
    return some(1 + Math.floor(random.uniform() * 5), make).sort((a, b) => a.at - b.at);
  }

  function parts(): DelayPart[] {
    const scale = 10 ** between(-5, -1.5);
    const shapes: (() => DelayPart)[] = [
      () => ({ shape: 'exponential', mean: scale }),
      () => ({ shape: 'gamma', k: between(0.5, 4), scale }),
      () => ({ shape: 'lognormal', median: scale, sigma: between(0.2, 1.5) }),
      () => ({ shape: 'normal', sigma: scale }),
      () => ({ shape: 'choice', values: [0, scale, 3 * scale] }),
      () => ({ shape: 'ecmp', values: [0, scale, 2 * scale] }),
      () => ({ shape: 'correlated', mean: 3 * scale, sigma: scale, tau: 300 }),
      () => ({ shape: 'queue', mean: scale, busy: 20, idle: 60 }),
      () => ({ shape: 'sawtooth', peak: 0.2, rise: 3, from: 0, until: 900, every: 7200 }),
      () => ({ shape: 'load', mean: scale, period: 20_000 }),
      () => {
        const from = moment();
        return { shape: 'constant', seconds: between(0, 0.02), from, until: from + between(60, 20_000) };
      },
    ];
    return some(1 + Math.floor(random.uniform() * 3), () => pick(shapes)());
  }

  const link = servers.map(({ name }): LinkOptions => {
    const from = moment();
    return {
      from: 'client',
      to: name,
      base: 10 ** between(-4, -1.2),
      parts: parts(),
      up: chance(0.5) ? { base: 10 ** between(-4, -1.2), parts: parts() } : undefined,
      losses: [
        { probability: chance(0.3) ? between(0, 0.6) : 0 },
        { probability: chance(0.3) ? 1 : 0, from, until: from + between(60, 20_000) },
      ],
      duplication: chance(0.2) ? between(0, 0.5) : 0,
      duplicateDelay: between(0, 3),
      reordering: chance(0.2) ? between(0, 0.5) : 0,
      reorderDelay: between(0, 3),
    };
  });

  const node: NodeOptions = {
    name: 'client',
    clock: pick(['system', 'software']),
    serves: false,
    startsAt: 0,
    initialOffset: pick([0, 0.1, -0.1, 3, -100, 5000]),
    stampNoise: chance(0.5) ? 1e-6 : 0,
    oscillator: {
      errorPpm: between(-100, 100),
      wander: 10 ** between(-10, -7),
      sines: chance(0.5) ? [{ amplitudePpm: between(0, 2), period: between(600, DAY_SECONDS), phase: 0 }] : [],
      frequencySteps: chance(0.3) ? [{ at: moment(), changePpm: between(-20, 20) }] : [],
      jumps: chance(0.15) ? [{ at: moment(), by: between(-0.1, 0.1) }] : [],
      suspends: chance(0.15) ? [{ at: moment(), for: Math.ceil(between(10, 7200)) }] : [],
    },
    synchronization: { minimumAgreeingSources: 1 + Math.floor(random.uniform() * 4) },
    source: servers.map(({ name }) => ({
      mode: 'server',
      address: name,
      pollMin: 7 + Math.floor(random.uniform() * 3),
      pollMax: 10,
      sourcePort: pick(['fresh', 'sticky']),
      noselect: chance(0.05),
      prefer: chance(0.05),
    })),
    foreign: chance(0.3)
      ? [
          { at: moment(), step: between(-3, 3) },
          { at: moment(), for: 300, slewPpm: between(-500, 500) },
        ]
      : [],
  };

  const scenario: Scenario = {
    description: 'a day of random faults',
    duration: DAY_SECONDS,
    settle: DAY_SECONDS - 1,
    start: START_NTP_SECONDS,
    leaps: [],
    node: [node],
    server: servers,
    network: {},
    link,
    name: [],
    limits: {},
  };
  return { scenario, honest };
}

/** The world without what no bound can hold against: lies, stamps that err by more than is said, unannounced jumps. */
export function withoutLies(scenario: Scenario): Scenario {
  const quiet = ({ stampNoise, oscillator, ...node }: NodeOptions): NodeOptions => ({
    ...node,
    stampNoise: 0,
    oscillator: { ...oscillator, jumps: [] },
  });
  const server = scenario.server.map(
    (one): ServerOptions => ({
      ...one,
      offset: 0,
      driftPpm: 0,
      stampNoise: 0,
      chapter: one.chapter.map((chapter) => ({ ...chapter, offset: undefined, driftPpm: undefined })),
    }),
  );
  return { ...scenario, settle: 0, node: scenario.node.map(quiet), server };
}
