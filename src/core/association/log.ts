import type { MeasurementOutput, StatisticsOutput } from '../coordinator-output.ts';
import type { Estimate } from '../estimation/estimate.ts';
import type { Sample } from '../estimation/sample.ts';
import type { LocalSeconds } from '../ports.ts';
import { PHI } from '../system-variables.ts';
import type { Association } from './association.ts';
import type { StampSources } from './exchange.ts';
import type { Reply } from './reply.ts';

const estimate = {} as Estimate;

/** One measurement, for the log. Its verdict is filled in when it is known. */
export function describeMeasurement(
  one: Association,
  reply: Reply,
  sample: Sample,
  interleaved: boolean,
  { transmitStamp, receiveStamp }: Readonly<StampSources>,
): MeasurementOutput {
  return {
    kind: 'measurement',
    atLocal: sample.atLocal,
    address: one.address,
    leap: reply.leap,
    stratum: reply.stratum,
    pollLog2: one.poll.pollLog2,
    remotePollLog2: reply.pollLog2,
    pollScore: one.poll.score,
    offsetSeconds: (sample.upSeconds - sample.downSeconds) / 2,
    delaySeconds: sample.upSeconds + sample.downSeconds,
    dispersionSeconds: sample.precisionSeconds + PHI * sample.durationSeconds,
    rootDelaySeconds: reply.rootDelaySeconds,
    rootDispersionSeconds: reply.rootDispersionSeconds,
    refid: reply.refid,
    interleaved,
    transmitStamp,
    receiveStamp,
    verdict: 'used',
  };
}

/**
 * The state of an association's filter, for the log; null before the first sample.
 *
 * @param before - what was told after the sample before; null: nothing yet.
 */
export function describeStatistics(
  one: Association,
  nowLocal: LocalSeconds,
  before: StatisticsOutput | null,
): StatisticsOutput | null {
  if (!one.filter.predict(nowLocal, estimate)) return null;
  const frequencyPpm = estimate.frequency * 1e6;
  return {
    kind: 'statistics',
    atLocal: nowLocal,
    address: one.address,
    offsetSeconds: estimate.offsetSeconds,
    offsetSigmaSeconds: estimate.offsetSigmaSeconds,
    frequencyPpm,
    frequencySigmaPpm: estimate.frequencySigma * 1e6,
    delayFloorSeconds: estimate.delayFloorSeconds,
    jitterSeconds: estimate.jitterSeconds,
    stress: before === null ? null : Math.abs(frequencyPpm - before.frequencyPpm) / before.frequencySigmaPpm,
    samples: one.samplesUsed,
    asymmetry: one.options.asymmetry,
  };
}
