import { differenceSeconds } from '../../protocol/timestamp.ts';
import type { LocalEpoch, LocalSeconds, Random } from '../ports.ts';
import type { SavedHistory, SavedSource } from '../saved-history.ts';
import type { Association } from './association.ts';
import type { RecentSample } from './context.ts';
import { BURST_HEADWAY_SECONDS } from './poll.ts';

/** Samples of an earlier run are used up to this age. */
const SAMPLE_AGE_SECONDS_MAX = 3600;
/** With so many of them the fast start is not needed. */
const SAMPLES_ENOUGH = 5;
/** Addresses remembered that are not in use at present. */
const REMEMBERED_MAX = 64;

/** Which local timescale times are on. */
export interface Timescale {
  readonly timescaleId: string;
  readonly timescaleOriginSeconds: number;
  readonly epoch: LocalEpoch;
}

/**
 * What is owed to servers over restarts: no second burst within a minute, no faster than they once asked for; and
 * what can be reused of an earlier run: its samples, where the local timescale is still the same.
 */
export class Etiquette {
  readonly #timescale: Timescale;
  readonly #saved: ReadonlyMap<string, SavedSource>;
  /** Add to a saved local time and to a saved (NTP − local) difference; null: another timescale. */
  readonly #shift: { readonly localSeconds: number; readonly offsetSeconds: number } | null;

  constructor(timescale: Timescale, history: SavedHistory | null) {
    this.#timescale = timescale;
    this.#saved = new Map(history?.sources.map((source) => [keyOf(source.address, source.port), source]));
    this.#shift = history === null ? null : timescaleShift(history, timescale);
  }

  /** Prepares a new association: minimum poll, samples, fast start. */
  admit(association: Association, nowLocal: LocalSeconds, leapShiftSeconds: number): void {
    const saved = this.#saved.get(keyOf(association.address, association.port));
    if (saved !== undefined) {
      if (saved.requestedPollLog2Min !== null) association.poll.limitTo(saved.requestedPollLog2Min);
      this.#restore(association, saved, nowLocal, leapShiftSeconds);
    }
    if (association.samplesUsed >= SAMPLES_ENOUGH) return;
    const sinceBurst = this.#wall(nowLocal) - (saved?.burstWallSeconds ?? Number.NEGATIVE_INFINITY);
    // A clock that was set back meanwhile says nothing; a burst is then as good as a minute ago.
    if (Math.abs(sinceBurst) < BURST_HEADWAY_SECONDS) return;
    startBurst(association, association.poll.nextLocal);
  }

  /** Asks anew after the estimates were lost, in a burst if the last one is long enough ago. */
  restart(association: Association, nowLocal: LocalSeconds, random: Random): void {
    if (nowLocal - association.burstLocal >= BURST_HEADWAY_SECONDS) startBurst(association, nowLocal);
    else association.poll.restart(nowLocal, random, association.options.pollLog2Initial);
  }

  save(associations: readonly Association[], nowLocal: LocalSeconds, leapShiftSeconds: number): SavedHistory {
    const current = associations.map((one) => this.#saveOne(one, nowLocal, leapShiftSeconds));
    const inUse = new Set(current.map((one) => keyOf(one.address, one.port)));
    const remembered = [...this.#saved.values()]
      .filter((one) => !inUse.has(keyOf(one.address, one.port)))
      .slice(0, REMEMBERED_MAX)
      .map((one) => ({ ...one, samples: [] }));
    return { version: 1, ...this.#timescale, sources: [...current, ...remembered] };
  }

  #saveOne(one: Association, nowLocal: LocalSeconds, leapShiftSeconds: number): SavedSource {
    return {
      address: one.address,
      port: one.port,
      requestedPollLog2Min: one.poll.requestedLog2Min,
      burstWallSeconds: Number.isFinite(one.burstLocal)
        ? this.#wall(one.burstLocal)
        : (this.#saved.get(one.key)?.burstWallSeconds ?? null),
      samples: one.recentSamples
        .filter(({ sample }) => nowLocal - sample.atLocal <= SAMPLE_AGE_SECONDS_MAX)
        .map(({ sample, remoteSeconds }) => [
          sample.atLocal,
          sample.upSeconds + leapShiftSeconds,
          sample.downSeconds - leapShiftSeconds,
          sample.precisionSeconds,
          sample.durationSeconds,
          remoteSeconds,
        ]),
    };
  }

  #restore(association: Association, saved: SavedSource, nowLocal: LocalSeconds, leapShiftSeconds: number): void {
    const shift = this.#shift;
    if (shift === null) return;
    for (const [at, up, down, precisionSeconds, durationSeconds, remoteSeconds] of saved.samples) {
      const atLocal = at + shift.localSeconds;
      if (!(nowLocal - atLocal >= 0 && nowLocal - atLocal <= SAMPLE_AGE_SECONDS_MAX)) continue;
      const moved = shift.offsetSeconds - leapShiftSeconds;
      const sample = { atLocal, upSeconds: up + moved, downSeconds: down - moved, precisionSeconds, durationSeconds };
      association.restore({ sample, remoteSeconds } satisfies RecentSample);
    }
  }

  /** NTP seconds as the system's clock had them when we started, counted on. */
  #wall(atLocal: LocalSeconds): number {
    return this.#timescale.epoch.seconds + atLocal;
  }
}

/** It counts from the moment at which it is decided on: that is when it is saved, and a crash may follow. */
function startBurst(association: Association, atLocal: LocalSeconds): void {
  association.burstLocal = atLocal;
  association.poll.startBurst(atLocal);
}

function timescaleShift(history: SavedHistory, now: Timescale): { localSeconds: number; offsetSeconds: number } | null {
  if (history.timescaleId !== now.timescaleId) return null;
  const localSeconds = history.timescaleOriginSeconds - now.timescaleOriginSeconds;
  const { epoch } = history;
  const between = differenceSeconds(epoch.seconds, epoch.fraction, now.epoch.seconds, now.epoch.fraction);
  return { localSeconds, offsetSeconds: between - localSeconds };
}

function keyOf(address: string, port: number): string {
  return `${address} ${port}`;
}
