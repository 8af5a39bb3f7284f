import type { StepLimit } from '../config/kinds.ts';
import type { Config, SourceConfig } from '../config/schema.ts';
import type { SourceOptions, StepThreshold, SynchronizationOptions } from '../core/coordinator-options.ts';

const STRATUM_NONE = 16;

/** The `[[source]]` tables as the core wants them. */
export function sourceOptions(config: Config): SourceOptions[] {
  return config.source.map((source) => oneSource(source, config.sourceDefaults));
}

function oneSource(source: SourceConfig, defaults: Config['sourceDefaults']): SourceOptions {
  const limits = source.pollIntervalLimits ?? defaults.pollIntervalLimits;
  const initial = source.initialPollInterval ?? defaults.initialPollInterval ?? limits.min;
  return {
    mode: source.mode,
    address: source.address.host,
    port: source.address.port,
    count: source.count,
    ignore: source.ignore,
    pollLog2Min: limits.min,
    pollLog2Max: limits.max,
    pollLog2Initial: Math.max(limits.min, Math.min(limits.max, initial)),
    offsetSeconds: source.offset,
    asymmetry: source.asymmetry,
    delaySecondsMax: source.maxDelay,
    delaySecondsMin: source.minDelay,
    stratumMax: source.maxStratum,
    bindAddress: source.bindAddress,
    bindInterface: source.bindInterface,
    dscp: source.dscp,
    interleaved: source.interleaved,
    sourcePort: source.sourcePort,
    prefer: source.prefer,
    trust: source.trust,
    require: source.require,
    noselect: source.noselect,
  };
}

/** `[synchronization]` as the core wants it. */
export function synchronizationOptions(config: Config): SynchronizationOptions {
  const options = config.synchronization;
  return {
    minimumAgreeingSources: options.minimumAgreeingSources,
    startupStepPanicThreshold: stepThreshold(options.startupStepPanicThreshold),
    singleStepPanicThreshold: stepThreshold(options.singleStepPanicThreshold),
    accumulatedStepPanicThreshold: stepThreshold(zeroIsNone(options.accumulatedStepPanicThreshold)),
    stepThresholdSeconds: options.algorithm?.stepThreshold ?? options.stepThreshold,
    slewRateMax: options.maxSlewRate * 1e-6,
    distanceSecondsMax: options.maxDistance,
    localStratum: options.localStratum === STRATUM_NONE ? null : options.localStratum,
    localWaitSeconds: config.source.length === 0 ? 0 : options.localWait,
    localRefid: options.referenceId,
    leapMode: options.leapMode,
  };
}

function stepThreshold(limit: StepLimit): StepThreshold {
  return { forwardSeconds: limit.forward, backwardSeconds: limit.backward };
}

/** The threshold on the sum of all steps is off at 0, as in ntpd-rs. */
function zeroIsNone(limit: StepLimit): StepLimit {
  return {
    forward: limit.forward || Number.POSITIVE_INFINITY,
    backward: limit.backward || Number.POSITIVE_INFINITY,
  };
}
