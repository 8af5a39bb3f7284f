import { differenceSeconds } from '../../../src/protocol/timestamp.ts';
import type { Address, Agent, Arrival, Belief, Host } from '../../../src/simulate/agent.ts';
import { ClockFilter } from './clock-filter.ts';
import { LocalClock } from './local-clock.ts';
import { type Candidate, cluster, combine, intersect } from './select.ts';

/*
 * A client after RFC 5905 and nothing else (§8 to §13): clock filter, selection, PLL/FLL. It is what ntpd-ts is
 * compared with in the worlds where nobody has published figures; it is never part of the program.
 */

const PHI = 15e-6;
const PRECISION_SECONDS = 2 ** -20;
const DISTANCE_MIN = 0.01;
const DISTANCE_MAX = 1;
const BURST = 8;
const BURST_SPACING_SECONDS = 2;
const POLL_MIN_DEFAULT = 6;
const POLL_MAX_DEFAULT = 10;

interface Association {
  readonly address: Address;
  readonly filter: ClockFilter;
  readonly nonce: [number, number];
  port: number;
  nextLocal: number;
  burst: number;
  reach: number;
  sentLocal: number;
  /** The system clock less local time when the request left. */
  sentClock: number;
  stratum: number;
  leap: number;
  rootDelay: number;
  rootDispersion: number;
}

export class Yardstick implements Agent {
  wakeLocal: number;
  readonly #host: Host;
  readonly #clock: LocalClock;
  readonly #associations: Association[];
  #secondLocal: number;
  #usedAt = Number.NEGATIVE_INFINITY;

  constructor(host: Host) {
    this.#host = host;
    const { source, driftPpm } = host.options;
    const now = host.nowLocal();
    this.#clock = new LocalClock(host.clock, {
      pollMinLog2: Math.max(...source.map(({ pollMin }) => pollMin ?? POLL_MIN_DEFAULT)),
      pollMaxLog2: Math.min(...source.map(({ pollMax }) => pollMax ?? POLL_MAX_DEFAULT)),
      precision: PRECISION_SECONDS,
      savedFrequency: driftPpm === undefined ? null : -driftPpm * 1e-6,
    });
    this.#associations = source
      .flatMap(({ address }) => host.resolve(address))
      .map((address) => ({
        address,
        filter: new ClockFilter(PRECISION_SECONDS),
        nonce: [0, 0],
        port: 0,
        nextLocal: now + host.random(),
        burst: BURST,
        reach: 0,
        sentLocal: 0,
        sentClock: 0,
        stratum: 16,
        leap: 3,
        rootDelay: 0,
        rootDispersion: 0,
      }));
    this.#secondLocal = now + 1;
    this.wakeLocal = this.#next();
  }

  advance(nowLocal: number): void {
    for (const association of this.#associations)
      if (association.nextLocal <= nowLocal) this.#poll(association, nowLocal);
    if (this.#secondLocal <= nowLocal) {
      this.#clock.adjust(nowLocal);
      this.#secondLocal = Math.max(this.#secondLocal + 1, nowLocal);
    }
    this.wakeLocal = this.#next();
  }

  receive(arrival: Arrival, nowLocal: number): void {
    const view = new DataView(arrival.octets.buffer, arrival.octets.byteOffset, arrival.octets.length);
    if (view.byteLength < 48) return;
    const association = this.#associations.find(({ port }) => port === arrival.toPort);
    if (association === undefined || association.address.text !== arrival.from.text) return;
    if (view.getUint32(24) !== association.nonce[0] || view.getUint32(28) !== association.nonce[1]) return;
    if (view.getUint32(40) === 0 || view.getUint32(32) === 0) return;
    association.port = 0;
    association.leap = view.getUint8(0) >> 6;
    association.stratum = view.getUint8(1) || 16;
    association.rootDelay = view.getUint32(4) / 65_536;
    association.rootDispersion = view.getUint32(8) / 65_536;
    if (association.leap === 3 || association.stratum >= 16) return;
    association.reach |= 1;
    const { epoch, clock } = this.#host;
    const up =
      differenceSeconds(view.getUint32(32), view.getUint32(36), epoch.seconds, epoch.fraction) - association.sentLocal;
    const back =
      differenceSeconds(view.getUint32(40), view.getUint32(44), epoch.seconds, epoch.fraction) - arrival.atLocal;
    // The clock may have been slewed between the two stamps: each has its own reading.
    const offset = (up - association.sentClock + back - clock.readOffsetSeconds(arrival.atLocal)) / 2;
    const delay = Math.max(PRECISION_SECONDS, up - back);
    const dispersion = 2 * PRECISION_SECONDS + PHI * (arrival.atLocal - association.sentLocal);
    const fresh = association.filter.add(offset, delay, dispersion, nowLocal, 2 ** this.#clock.pollLog2);
    if (fresh) this.#select(nowLocal);
    this.wakeLocal = this.#next();
  }

  respond(): null {
    return null;
  }

  slept(): void {}

  clockStepped(): void {}

  believe(nowLocal: number, out: Belief): void {
    out.synchronised = this.#clock.synchronised;
    out.offsetSeconds = this.#host.clock.readOffsetSeconds(nowLocal);
    out.frequency = this.#clock.frequency;
  }

  #poll(association: Association, nowLocal: number): void {
    const { random } = this.#host;
    association.reach = (association.reach << 1) & 0xff;
    association.nonce[0] = Math.floor(random() * 2 ** 32);
    association.nonce[1] = Math.floor(random() * 2 ** 32);
    association.port = 32_768 + Math.floor(random() * 28_000);
    const request = new DataView(new ArrayBuffer(48));
    request.setUint8(0, 0x23);
    request.setUint32(40, association.nonce[0]);
    request.setUint32(44, association.nonce[1]);
    association.sentLocal = this.#host.send(association.address, association.port, new Uint8Array(request.buffer));
    association.sentClock = this.#host.clock.readOffsetSeconds(association.sentLocal);
    const spacing = association.burst > 1 ? BURST_SPACING_SECONDS : 2 ** this.#clock.pollLog2;
    association.burst--;
    association.nextLocal = nowLocal + spacing * (0.99 + 0.02 * random());
  }

  #select(nowLocal: number): void {
    const candidates: Candidate[] = [];
    for (const [index, { filter, reach, stratum, leap, rootDelay, rootDispersion }] of this.#associations.entries()) {
      const age = PHI * (nowLocal - filter.at);
      const rootDistance =
        Math.max(DISTANCE_MIN, rootDelay + filter.delay) / 2 + rootDispersion + filter.dispersion + age + filter.jitter;
      if (reach === 0 || leap === 3 || stratum >= 16 || filter.at === Number.NEGATIVE_INFINITY) continue;
      if (rootDistance > DISTANCE_MAX + PHI * 2 ** this.#clock.pollLog2) continue;
      candidates.push({ index, offset: filter.offset, jitter: filter.jitter, rootDistance, stratum });
    }
    const survivors = cluster(intersect(candidates));
    const first = survivors[0];
    if (first === undefined || survivors.length < this.#host.options.synchronization.minimumAgreeingSources) return;
    const at = (this.#associations[first.index] as Association).filter.at;
    if (at <= this.#usedAt) return;
    this.#usedAt = at;
    if (!this.#clock.update(combine(survivors), at, nowLocal)) return;
    for (const { filter } of this.#associations) filter.clear(nowLocal);
  }

  #next(): number {
    let next = this.#secondLocal;
    for (const { nextLocal } of this.#associations) next = Math.min(next, nextLocal);
    return next;
  }
}
