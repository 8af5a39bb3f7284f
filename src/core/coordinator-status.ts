import type { Association } from './association/association.ts';
import type { Roster } from './association/roster.ts';
import type { ClockKeeper } from './clock-keeper.ts';
import type { Estimate } from './estimation/estimate.ts';
import type { LocalSeconds } from './ports.ts';
import { rootDistance } from './selection/candidate.ts';
import type { ClockStatus, CoordinatorStatus, SourceStatus } from './status.ts';

const estimate = {} as Estimate;

/** What the operator sees of a coordinator at one instant. */
export function describeStatus(nowLocal: LocalSeconds, keeper: ClockKeeper, roster: Roster): CoordinatorStatus {
  return {
    clock: describeClock(nowLocal, keeper),
    sources: roster.associations.map((one) => describeSource(nowLocal, one, keeper)),
    unresolved: roster.unresolved,
    actions: [...keeper.actions],
  };
}

function describeClock(nowLocal: LocalSeconds, keeper: ClockKeeper): ClockStatus {
  const { truth, selection, discipline } = keeper;
  const { variables } = truth;
  const isKnown = keeper.lastUpdateLocal !== null;
  return {
    state: keeper.state,
    reason: keeper.reason,
    leap: variables.leap,
    stratum: variables.stratum,
    refid: variables.refid,
    systemPeer: selection.chosen?.systemPeer.label ?? null,
    frequencyPpm: isKnown ? variables.line.frequency * 1e6 : null,
    frequencySigmaPpm: finite(truth.frequencySigma * 1e6),
    correctionSeconds: isKnown ? discipline.correction(nowLocal, variables.line) : null,
    estimatedErrorSeconds: finite(truth.estimatedErrorAt(nowLocal)),
    maximumErrorSeconds: finite(truth.maximumErrorAt(nowLocal)),
    rootDelaySeconds: variables.rootDelaySeconds,
    rootDispersionSeconds: variables.rootDispersionSeconds + variables.dispersionRate * (nowLocal - variables.atLocal),
    agreeingMissing: selection.missing,
    lastUpdateAgoSeconds: keeper.lastUpdateLocal === null ? null : nowLocal - keeper.lastUpdateLocal,
    steps: discipline.steps,
    accumulatedStepSeconds: discipline.accumulatedSeconds,
    leapEventSeconds: variables.leapEventSeconds,
    leapSign: variables.leapSign,
  };
}

function describeSource(nowLocal: LocalSeconds, one: Association, keeper: ClockKeeper): SourceStatus {
  const verdict = keeper.selection.verdicts.get(one.key);
  const isKnown = one.filter.predict(nowLocal, estimate);
  const shiftSeconds = keeper.leaps.shiftSeconds;
  const ahead = isKnown ? estimate.offsetSeconds + shiftSeconds - keeper.truth.offsetAt(nowLocal) : null;
  const { jitterSeconds, offsetSigmaSeconds, frequency } = estimate;
  const candidate = one.candidate(nowLocal, 1, Number.POSITIVE_INFINITY);
  const { lastAnswer, poll, options } = one;
  return {
    name: options.address,
    address: one.address,
    port: one.port,
    mode: options.mode,
    state: verdict?.state ?? 'unfit',
    reason: verdict?.reason ?? 'has not been judged yet',
    online: one.isOnline,
    reach: poll.reach,
    pollLog2: poll.pollLog2,
    stratum: candidate.stratum,
    leap: candidate.leap,
    refid: lastAnswer?.refid ?? 0,
    interleaved: one.interleaved.isActive,
    authenticated: one.isAuthenticated,
    lastSampleAgoSeconds: finite(nowLocal - one.lastSampleLocal),
    offsetSeconds: ahead,
    offsetSigmaSeconds: isKnown ? finite(offsetSigmaSeconds) : null,
    delaySeconds: isKnown ? candidate.roundTripSeconds : null,
    jitterSeconds: isKnown ? jitterSeconds : null,
    frequencyPpm: isKnown ? frequency * 1e6 : null,
    rootDistanceSeconds: finite(rootDistance(candidate)),
    rootDelaySeconds: candidate.rootDelaySeconds,
    rootDispersionSeconds: candidate.rootDispersionSeconds,
    counters: {
      'requests-sent': one.requestsSent,
      'send-failures': one.sendFailures,
      timeouts: one.timeouts,
      ...one.verdicts,
    },
  };
}

/** JSON has no infinity. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
