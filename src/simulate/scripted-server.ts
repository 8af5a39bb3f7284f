import {
  HEADER_OCTETS,
  MODE_SERVER,
  ORG,
  POLL,
  PRECISION,
  packLeapVersionMode,
  REC,
  REFID,
  REFTIME,
  ROOT_DELAY,
  ROOT_DISPERSION,
  STRATUM,
  versionOf,
  XMT,
} from '../protocol/header.ts';
import { refidFromName } from '../protocol/refid.ts';
import { encodeShortRoundedUp, type Timestamp } from '../protocol/timestamp.ts';
import type { Address } from './agent.ts';
import type { RandomStream } from './random-stream.ts';
import type { Chapter, ServerOptions } from './scenario.ts';
import { type Datagram, NTP_PORT, type Station, type World } from './world.ts';

/** Between the two stamps of a reply: uniform up to this, seconds. */
const PROCESSING_SECONDS = 50e-6;

/** What a server that answers in interleaved mode remembers of a client (RFC 9769 §2). */
interface Exchange {
  recSeconds: number;
  recFraction: number;
  xmtSeconds: number;
  xmtFraction: number;
}

/** A server that has no oscillator: it knows the truth, and tells it or a lie as its script says. */
export class ScriptedServer implements Station {
  readonly name: string;
  readonly address: Address;
  /** Requests that arrived. */
  requests = 0;

  readonly #world: World;
  readonly #options: ServerOptions;
  readonly #random: RandomStream;
  readonly #clients = new Map<string, Exchange>();
  readonly #allowances = new Map<string, { tokens: number; atSeconds: number }>();
  readonly #rec: Timestamp = { seconds: 0, fraction: 0 };
  readonly #xmt: Timestamp = { seconds: 0, fraction: 0 };
  readonly #reftime: Timestamp = { seconds: 0, fraction: 0 };
  #state: Chapter;
  #chapters = 0;
  #lastReply: Uint8Array | null = null;

  constructor(world: World, options: ServerOptions) {
    this.#world = world;
    this.#options = options;
    this.name = options.name;
    this.address = world.nextAddress();
    this.#random = world.random.fork(`server ${options.name}`);
    this.#state = { ...options, at: 0 };
  }

  deliver(datagram: Datagram): void {
    this.requests++;
    const { octets } = datagram;
    const now = this.#world.nowSeconds;
    const state = this.#stateAt(now);
    if (datagram.toPort !== NTP_PORT || octets.length < HEADER_OCTETS || state.silent) return;
    const allowed = this.#allows(datagram, now);
    if (!allowed && !this.#options.rateLimit?.kiss) return;
    const reply = new Uint8Array(HEADER_OCTETS);
    const view = new DataView(reply.buffer);
    const request = new DataView(octets.buffer, octets.byteOffset, octets.length);
    const departs = now + PROCESSING_SECONDS * this.#random.uniform();
    this.#writeHeader(view, request, state, now);
    this.#stamp(now, this.#rec);
    this.#stamp(departs, this.#xmt);
    this.#writeStamps(view, request, datagram);
    const kiss = allowed ? state.kiss : 'RATE';
    if (kiss) writeKiss(view, kiss);
    const sent = this.#random.uniform() < (state.spoilt ?? 0) ? this.#spoil(reply) : reply;
    this.#lastReply = reply;
    this.#world.at(departs, () => {
      this.#world.send(datagram.from, {
        from: this,
        fromPort: NTP_PORT,
        toPort: datagram.fromPort,
        octets: sent,
      });
    });
  }

  #writeHeader(view: DataView, request: DataView, state: Chapter, now: number): void {
    const announced = this.#options.announcesLeap ? this.#world.timescale.leapIndicator(now) : 0;
    view.setUint8(0, packLeapVersionMode(state.leap || announced, versionOf(request.getUint8(0)), MODE_SERVER));
    view.setUint8(STRATUM, (state.stratum as number) % 16);
    view.setUint8(POLL, request.getUint8(POLL));
    view.setInt8(PRECISION, this.#options.precision);
    view.setUint32(ROOT_DELAY, encodeShortRoundedUp(state.rootDelay as number));
    view.setUint32(ROOT_DISPERSION, encodeShortRoundedUp(state.rootDispersion as number));
    view.setInt32(REFID, refidFromName(state.refid as string));
    this.#stamp(now - (now % 16), this.#reftime);
    view.setUint32(REFTIME, this.#reftime.seconds);
    view.setUint32(REFTIME + 4, this.#reftime.fraction);
  }

  /** Origin, receive and transmit stamps, basic or interleaved (RFC 9769 §2). */
  #writeStamps(view: DataView, request: DataView, datagram: Datagram): void {
    const key = datagram.from.name;
    const last = this.#clients.get(key);
    const interleaved =
      this.#options.interleaved &&
      last !== undefined &&
      request.getUint32(ORG) === last.recSeconds &&
      request.getUint32(ORG + 4) === last.recFraction &&
      (request.getUint32(REC) !== request.getUint32(XMT) || request.getUint32(REC + 4) !== request.getUint32(XMT + 4));
    const org = interleaved ? REC : XMT;
    view.setUint32(ORG, request.getUint32(org));
    view.setUint32(ORG + 4, request.getUint32(org + 4));
    view.setUint32(REC, this.#rec.seconds);
    view.setUint32(REC + 4, this.#rec.fraction);
    view.setUint32(XMT, interleaved ? last.xmtSeconds : this.#xmt.seconds);
    view.setUint32(XMT + 4, interleaved ? last.xmtFraction : this.#xmt.fraction);
    if (!this.#options.interleaved) return;
    this.#clients.set(key, {
      recSeconds: this.#rec.seconds,
      recFraction: this.#rec.fraction,
      xmtSeconds: this.#xmt.seconds,
      xmtFraction: this.#xmt.fraction,
    });
  }

  /** What this server's clock shows at a true time, with the noise of its stamps. */
  #stamp(trueSeconds: number, out: Timestamp): void {
    const { at, offset, driftPpm } = this.#state;
    const { stampNoise, announcesLeap } = this.#options;
    let ahead = (offset as number) + (driftPpm as number) * 1e-6 * (trueSeconds - at);
    if (announcesLeap) ahead += this.#world.timescale.leapOffset(trueSeconds);
    if (stampNoise > 0) ahead += stampNoise * this.#random.normal();
    this.#world.timescale.stamp(trueSeconds, ahead, out);
  }

  #stateAt(now: number): Chapter {
    const { chapter } = this.#options;
    for (let next = chapter[this.#chapters]; next && next.at <= now; next = chapter[++this.#chapters]) {
      // A new drift starts from the offset that the old one has reached.
      const { at, offset, driftPpm } = this.#state;
      const reached = (offset as number) + (driftPpm as number) * 1e-6 * (next.at - at);
      const given = Object.entries(next).filter(([, value]) => value !== undefined);
      this.#state = { ...this.#state, offset: reached, ...Object.fromEntries(given) };
    }
    return this.#state;
  }

  #allows(datagram: Datagram, now: number): boolean {
    const limit = this.#options.rateLimit;
    if (limit === undefined) return true;
    const key = datagram.from.name;
    const allowance = this.#allowances.get(key) ?? { tokens: limit.burst, atSeconds: now };
    this.#allowances.set(key, allowance);
    const earned = (now - allowance.atSeconds) / limit.interval;
    allowance.tokens = Math.min(limit.burst, allowance.tokens + earned);
    allowance.atSeconds = now;
    if (allowance.tokens < 1) return false;
    allowance.tokens--;
    return true;
  }

  /** A reply as a broken or hostile network might hand it over. */
  #spoil(reply: Uint8Array): Uint8Array {
    const spoilt = reply.slice();
    const view = new DataView(spoilt.buffer);
    switch (this.#random.word() % 9) {
      case 0:
        view.setUint32(ORG, this.#random.word());
        return spoilt;
      case 1:
        spoilt.fill(0, REC, REC + 8);
        return spoilt;
      case 2:
        spoilt.fill(0, XMT, XMT + 8);
        return spoilt;
      case 3:
        view.setUint32(XMT, view.getUint32(XMT) + 1_000_000);
        return spoilt;
      case 4:
        spoilt[STRATUM] = 0;
        return spoilt;
      case 5:
        view.setUint32(ROOT_DISPERSION, 0x00ff_0000);
        return spoilt;
      case 6:
        return spoilt.subarray(0, this.#random.word() % HEADER_OCTETS);
      case 7:
        return this.#lastReply ?? spoilt;
      default:
        for (let at = 0; at < HEADER_OCTETS; at += 4) view.setUint32(at, this.#random.word());
        return spoilt;
    }
  }
}

function writeKiss(view: DataView, code: string): void {
  view.setUint8(0, view.getUint8(0) | 0xc0);
  view.setUint8(STRATUM, 0);
  view.setInt32(REFID, refidFromName(code));
}
