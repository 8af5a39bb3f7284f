import { LEAP_UNKNOWN, STRATUM_UNSYNCHRONISED } from '../protocol/header.ts';
import { addSeconds } from '../protocol/timestamp.ts';
import { offsetAt } from './discipline/discipline.ts';
import type { ClockLine, LocalEpoch, LocalSeconds } from './ports.ts';
import type { Chosen } from './selection/select.ts';
import { PHI, type SystemVariables, unsynchronisedVariables } from './system-variables.ts';

/** Standard deviations of the frequency that the growth of the bound allows for, where PHI is less. */
const FREQUENCY_SIGMAS = 6;

/** What is believed and served: the line, and how wrong it may be. Two figures that are never mixed. */
export class Truth {
  readonly variables: SystemVariables = unsynchronisedVariables();
  readonly #epoch: LocalEpoch;
  readonly #precisionSeconds: number;
  readonly #reftime = { seconds: 0, fraction: 0 };
  #offsetSigmaSeconds = Number.POSITIVE_INFINITY;
  #frequencySigma = Number.POSITIVE_INFINITY;
  #covariance = 0;
  #wander = 0;
  #hasBound = false;

  constructor(epoch: LocalEpoch, precisionSeconds: number) {
    this.#epoch = epoch;
    this.#precisionSeconds = precisionSeconds;
  }

  /** Where the line has the time: true time less (epoch + local time), leap seconds included. */
  offsetAt(atLocal: LocalSeconds): number {
    return offsetAt(this.variables.line, atLocal);
  }

  /**
   * Largest error of the line (root delay / 2 + root dispersion): holds under any asymmetry while a majority of the
   * sources is right. Infinite before the first selection.
   */
  maximumErrorAt(atLocal: LocalSeconds): number {
    if (!this.#hasBound) return Number.POSITIVE_INFINITY;
    const { rootDelaySeconds, rootDispersionSeconds, dispersionRate } = this.variables;
    return rootDelaySeconds / 2 + rootDispersionSeconds + dispersionRate * (atLocal - this.variables.atLocal);
  }

  /** σ of the line, assuming symmetric floors of the paths: of the last update, grown since as the line drifts off. */
  estimatedErrorAt(atLocal: LocalSeconds): number {
    const t = Math.max(0, atLocal - this.variables.atLocal);
    const frequencyVariance = this.#frequencySigma ** 2 + (this.#wander * t) / 3;
    return Math.sqrt(this.#offsetSigmaSeconds ** 2 + t * (2 * this.#covariance + t * frequencyVariance));
  }

  get frequencySigma(): number {
    return this.#frequencySigma;
  }

  /** When the bound will have grown to a limit; Infinity without a bound. */
  whenErrorIs(limitSeconds: number): LocalSeconds {
    if (!this.#hasBound) return Number.POSITIVE_INFINITY;
    const { atLocal, dispersionRate } = this.variables;
    return atLocal + Math.max(0, limitSeconds - this.maximumErrorAt(atLocal)) / dispersionRate;
  }

  /** Follows a clock that is not synchronised to anything: the line only carries it on. */
  follow(line: ClockLine): void {
    Object.assign(this.variables.line, line);
    this.variables.atLocal = line.atLocal;
    this.variables.generation++;
  }

  /** Takes over what the selection found (RFC 5905 §11.2, figure 25). `line` is `chosen`'s, leap seconds included. */
  synchronise(nowLocal: LocalSeconds, chosen: Chosen, line: ClockLine): void {
    const { variables } = this;
    const { systemPeer, bound, offsetSeconds } = chosen;
    const maximum = Math.max(offsetSeconds - bound.lowSeconds, bound.highSeconds - offsetSeconds, 0);
    const rootDelaySeconds = systemPeer.rootDelaySeconds + systemPeer.roundTripSeconds;
    Object.assign(variables.line, line);
    variables.stratum = Math.min(systemPeer.stratum + 1, STRATUM_UNSYNCHRONISED);
    variables.refid = systemPeer.refid;
    variables.rootDelaySeconds = rootDelaySeconds;
    variables.rootDispersionSeconds = Math.max(maximum - rootDelaySeconds / 2, 0) + this.#precisionSeconds;
    variables.dispersionRate = Math.max(PHI, FREQUENCY_SIGMAS * chosen.frequencySigma);
    variables.atLocal = nowLocal;
    this.#offsetSigmaSeconds = chosen.offsetSigmaSeconds;
    this.#frequencySigma = chosen.frequencySigma;
    this.#covariance = chosen.covariance;
    this.#wander = chosen.wander;
    this.#hasBound = true;
    this.#setReftime(nowLocal);
  }

  /** Serves the local clock as it is, at a stratum that the operator vouches for. */
  serveLocal(nowLocal: LocalSeconds, stratum: number, refid: number): void {
    const { variables } = this;
    variables.stratum = stratum;
    variables.refid = refid;
    variables.rootDelaySeconds = 0;
    variables.rootDispersionSeconds = this.#precisionSeconds;
    variables.dispersionRate = 0;
    variables.line.offsetSeconds = this.offsetAt(nowLocal);
    variables.line.atLocal = nowLocal;
    variables.atLocal = nowLocal;
    this.#hasBound = false;
    this.#setReftime(nowLocal);
  }

  /** Says that we do not know the time; the line and the bound go on. */
  withdraw(): void {
    this.variables.stratum = STRATUM_UNSYNCHRONISED;
    this.variables.refid = 0;
    this.variables.leap = LEAP_UNKNOWN;
    this.variables.generation++;
  }

  /** Forgets the bound: the timescale that it was about is gone. */
  forget(): void {
    this.withdraw();
    this.#hasBound = false;
    this.#offsetSigmaSeconds = Number.POSITIVE_INFINITY;
  }

  /** Shifts the line by whole seconds, as a leap second does. */
  shift(seconds: number): void {
    this.variables.line.offsetSeconds += seconds;
    this.variables.generation++;
  }

  setLeap(leap: number, eventSeconds: number, sign: number): void {
    const { variables } = this;
    if (variables.leap === leap && variables.leapEventSeconds === eventSeconds && variables.leapSign === sign) return;
    variables.leap = leap;
    variables.leapEventSeconds = eventSeconds;
    variables.leapSign = sign;
    variables.generation++;
  }

  #setReftime(nowLocal: LocalSeconds): void {
    addSeconds(this.#epoch.seconds, this.#epoch.fraction, nowLocal + this.offsetAt(nowLocal), this.#reftime);
    this.variables.reftimeSeconds = this.#reftime.seconds;
    this.variables.reftimeFraction = this.#reftime.fraction;
    this.variables.generation++;
  }
}
