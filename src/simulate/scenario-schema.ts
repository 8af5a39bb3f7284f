import { z } from 'zod';
import { UNIX_EPOCH_NTP_SECONDS } from '../protocol/timestamp.ts';
import type { Scenario } from './scenario.ts';

const seconds = z.number();
const positive = z.number().positive();
const notNegative = z.number().min(0);
const refid = z.string().regex(/^[\x21-\x7e]{1,4}$/, 'expected one to four printable characters');
const probability = z.number().min(0).max(1);

const windowKeys = { from: notNegative.optional(), until: positive.optional(), every: positive.optional() };

const delayPart = z.discriminatedUnion('shape', [
  z.strictObject({ shape: z.literal('constant'), seconds, ...windowKeys }),
  z.strictObject({ shape: z.literal('exponential'), mean: notNegative, ...windowKeys }),
  z.strictObject({ shape: z.literal('normal'), sigma: notNegative, ...windowKeys }),
  z.strictObject({ shape: z.literal('gamma'), k: positive, scale: notNegative, ...windowKeys }),
  z.strictObject({ shape: z.literal('lognormal'), median: notNegative, sigma: notNegative, ...windowKeys }),
  z.strictObject({ shape: z.literal('uniform'), low: seconds, high: seconds, ...windowKeys }),
  z.strictObject({ shape: z.literal('choice'), values: z.array(seconds).min(1), ...windowKeys }),
  z.strictObject({
    shape: z.literal('correlated'),
    mean: seconds,
    sigma: notNegative,
    tau: positive.default(300),
    ...windowKeys,
  }),
  z.strictObject({
    shape: z.literal('queue'),
    mean: notNegative,
    busy: positive.default(20),
    idle: positive.default(60),
    ...windowKeys,
  }),
  z.strictObject({ shape: z.literal('sawtooth'), peak: notNegative, rise: positive.default(3), ...windowKeys }),
  z.strictObject({ shape: z.literal('load'), mean: notNegative, period: positive, ...windowKeys }),
  z.strictObject({ shape: z.literal('ecmp'), values: z.array(seconds).min(1), ...windowKeys }),
]);

const directionKeys = {
  base: notNegative.optional(),
  parts: z.array(delayPart).optional(),
  losses: z.array(z.strictObject({ probability: probability.default(1), ...windowKeys })).optional(),
  duplication: probability.optional(),
  duplicateDelay: notNegative.optional(),
  reordering: probability.optional(),
  reorderDelay: notNegative.optional(),
};

const pathKeys = {
  ...directionKeys,
  up: z.strictObject(directionKeys).optional(),
  down: z.strictObject(directionKeys).optional(),
};

const link = z.strictObject({ from: z.string(), to: z.string(), ...pathKeys });

const oscillator = z.strictObject({
  errorPpm: z.number().default(0),
  wander: notNegative.default(0),
  sines: z
    .array(z.strictObject({ amplitudePpm: z.number(), period: positive, phase: z.number().default(0) }))
    .default([]),
  frequencySteps: z.array(z.strictObject({ at: notNegative, changePpm: z.number() })).default([]),
  jumps: z.array(z.strictObject({ at: notNegative, by: seconds })).default([]),
  suspends: z.array(z.strictObject({ at: notNegative, for: positive })).default([]),
  file: z.string().optional(),
});

const source = z.strictObject({
  mode: z.enum(['server', 'pool']).default('server'),
  address: z.string(),
  count: z.number().int().positive().optional(),
  pollMin: z.number().int().min(-7).max(17).optional(),
  pollMax: z.number().int().min(-7).max(17).optional(),
  pollInitial: z.number().int().min(-7).max(17).optional(),
  interleaved: z.boolean().optional(),
  sourcePort: z.enum(['fresh', 'sticky']).optional(),
  offset: seconds.optional(),
  asymmetry: seconds.optional(),
  maxDelay: positive.optional(),
  minDelay: notNegative.optional(),
  prefer: z.boolean().optional(),
  trust: z.boolean().optional(),
  require: z.boolean().optional(),
  noselect: z.boolean().optional(),
});

const synchronization = z.strictObject({
  minimumAgreeingSources: z.number().int().min(1).default(1),
  maxDistance: positive.optional(),
  maxSlewRatePpm: positive.optional(),
  stepThreshold: positive.optional(),
  startupStepPanicThreshold: positive.optional(),
  singleStepPanicThreshold: positive.optional(),
  accumulatedStepPanicThreshold: positive.optional(),
  localStratum: z.number().int().min(1).max(15).optional(),
  localWait: notNegative.optional(),
  leapMode: z.enum(['step', 'slew']).optional(),
});

const foreign = z.union([
  z.strictObject({ at: notNegative, step: seconds }),
  z.strictObject({ at: notNegative, for: positive, slewPpm: z.number() }),
]);

const node = z.strictObject({
  name: z.string(),
  clock: z.enum(['system', 'software', 'none']).default('system'),
  serves: z.boolean().default(false),
  startsAt: notNegative.default(0),
  initialOffset: seconds.default(0),
  driftPpm: z.number().optional(),
  stampNoise: notNegative.default(0),
  oscillator: oscillator.prefault({}),
  synchronization: synchronization.prefault({}),
  source: z.array(source).default([]),
  foreign: z.array(foreign).default([]),
});

const chapter = z.strictObject({
  at: notNegative,
  offset: seconds.optional(),
  driftPpm: z.number().optional(),
  stratum: z.number().int().min(0).max(16).optional(),
  leap: z.number().int().min(0).max(3).optional(),
  rootDelay: notNegative.optional(),
  rootDispersion: notNegative.optional(),
  refid: refid.optional(),
  silent: z.boolean().optional(),
  kiss: z.union([z.literal(''), refid]).optional(),
  spoilt: probability.optional(),
});

const server = z.strictObject({
  name: z.string(),
  offset: seconds.default(0),
  driftPpm: z.number().default(0),
  stratum: z.number().int().min(0).max(16).default(1),
  leap: z.number().int().min(0).max(3).default(0),
  rootDelay: notNegative.default(0),
  rootDispersion: notNegative.default(0),
  precision: z.number().int().min(-32).max(0).default(-29),
  refid: refid.default('GPS'),
  stampNoise: notNegative.default(0),
  announcesLeap: z.boolean().default(true),
  interleaved: z.boolean().default(false),
  rateLimit: z
    .strictObject({
      interval: positive,
      burst: z.number().int().positive().default(8),
      kiss: z.boolean().default(true),
    })
    .optional(),
  chapter: z.array(chapter).default([]),
});

const name = z.strictObject({
  name: z.string(),
  nodes: z.array(z.string()).min(1),
  answers: z.number().int().positive().default(4),
});

const limits = z.strictObject({
  rmsOffset: positive.optional(),
  maxOffset: positive.optional(),
  p99Offset: positive.optional(),
  rmsFrequencyPpm: positive.optional(),
  firstEstimate: positive.optional(),
  timeToSync: positive.optional(),
  boundCoverage: probability.default(1),
  uncoveredSeconds: notNegative.default(0),
  boundMedian: positive.optional(),
  sigma2: z.tuple([probability, probability]).optional(),
  sigma4: probability.optional(),
  sigmaRms: z.tuple([notNegative, positive]).optional(),
  sigmaExcursionPolls: notNegative.optional(),
  packetsMax: z.number().int().positive().optional(),
  synchronisedShare: z.tuple([probability, probability]).optional(),
  stepsMax: z.number().int().min(0).optional(),
  yardstickRatio: positive.optional(),
});

/** Checks a scenario whose keys are in camelCase already; what the keys mean stands in scenario.ts. */
export const scenarioSchema: z.ZodType<Scenario> = z.strictObject({
  description: z.string(),
  duration: positive,
  settle: notNegative.default(0),
  start: z.iso
    .datetime()
    .default('2026-11-24T00:00:00Z')
    .transform((date) => Date.parse(date) / 1000 + UNIX_EPOCH_NTP_SECONDS),
  leaps: z.array(z.strictObject({ at: positive, sign: z.union([z.literal(1), z.literal(-1)]) })).default([]),
  node: z.array(node).min(1),
  server: z.array(server).default([]),
  network: z.strictObject(pathKeys).prefault({}),
  link: z.array(link).default([]),
  name: z.array(name).default([]),
  limits: z.record(z.string(), limits).default({}),
});
