import type { Estimate, SourceFilter } from '../estimation/estimate.ts';
import type { LocalSeconds } from '../ports.ts';
import type { Exchange, PastExchange, WireStamp } from './exchange.ts';
import type { Poll } from './poll.ts';

/**
 * An interleaved sample is one poll old. It pays only while that costs less than a daemon's transmit stamp errs
 * (some µs): at short intervals, on paths that are not much noisier than that.
 */
const POLL_LOG2_MAX = 6;
const JITTER_SECONDS_MAX = 50e-6;
/** After so many unanswered requests in a row a basic one is sent: the server may choke on the others. */
const UNANSWERED_MAX = 4;
/** After so many basic replies in a row to interleaved requests the server does not have the mode, */
const REFUSALS_MAX = 4;
/** and is not asked for it during so many polls. */
const PAUSE_POLLS = 64;

const estimate = {} as Estimate;

/** The client's side of interleaved mode (RFC 9769 §4): whether to ask for it, and what to remember for it. */
export class InterleavedClient {
  /** The last reply was interleaved. */
  isActive = false;
  past: PastExchange | null = null;

  readonly #isAllowed: boolean;
  #unanswered = 0;
  #refusals = 0;
  #pausePolls = 0;

  constructor(isAllowed: boolean) {
    this.#isAllowed = isAllowed;
  }

  /** The exchange to ask about; null: a basic request. */
  request(poll: Poll, filter: SourceFilter, nowLocal: LocalSeconds): PastExchange | null {
    if (!this.#isAllowed || this.past === null || poll.isBursting || poll.pollLog2 > POLL_LOG2_MAX) return null;
    if (this.#pausePolls > 0) {
      this.#pausePolls--;
      return null;
    }
    // The server has forgotten an exchange that is much older than a poll.
    if (nowLocal - this.past.receiveLocal > 3 * 2 ** poll.pollLog2) return null;
    return filter.predict(nowLocal, estimate) && estimate.jitterSeconds <= JITTER_SECONDS_MAX ? this.past : null;
  }

  /** An interleaved request was not answered. */
  unanswered(): void {
    if (++this.#unanswered >= UNANSWERED_MAX) this.reset();
  }

  /** A reply came: remembers its exchange for the next request. */
  answered(exchange: Exchange, mode: 'basic' | 'interleaved', receiveLocal: LocalSeconds, rec: WireStamp): void {
    this.isActive = mode === 'interleaved';
    this.#unanswered = 0;
    if (this.isActive) {
      this.#refusals = 0;
    } else if (exchange.rec !== null && ++this.#refusals >= REFUSALS_MAX) {
      this.#refusals = 0;
      this.#pausePolls = PAUSE_POLLS;
    }
    const { transmitLocal, transmitStamp, receiveStamp } = exchange;
    this.past = { transmitLocal, transmitStamp, receiveLocal, receiveStamp, rec: { ...rec }, wasUsed: false };
  }

  /** The basic reply of the remembered exchange made a sample. */
  used(): void {
    if (this.past !== null) this.past = { ...this.past, wasUsed: true };
  }

  reset(): void {
    this.past = null;
    this.isActive = false;
  }
}
