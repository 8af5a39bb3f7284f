import { expect } from 'vitest';
import * as page from '../../src/core/server/page.ts';
import * as slot from '../../src/core/server/slot.ts';
import type { LoopbackClient, LoopbackServer } from './loopback-server.ts';
import { request } from './requests.ts';

/** What was told of the transmit stamp of one reply. */
export interface TransmitReport {
  readonly cookie: number;
  /** STAMP_*. */
  readonly source: number;
  /** NTP seconds, to some 0.2 µs. */
  readonly seconds: number;
}

/**
 * Answers what is queued, every reply asking for its transmit stamp under a cookie counted up from `cookie`, and waits
 * until all were told of or 50 turns are over.
 *
 * @param waker - sends what ends the waits.
 * @returns the reports in the order of their cookies.
 */
export async function answerAsking(
  serving: LoopbackServer,
  waker: LoopbackClient,
  cookie: number,
): Promise<TransmitReport[]> {
  const { table, txReport, copy } = serving.path;
  const asked = serving.path.exchange(0);
  serving.responder.answer(asked);
  for (let i = 0; i < asked; i++) {
    table[i * slot.SLOT_WORDS + slot.SLOT_REPLY_FLAGS] = slot.REPLY_REPORT_TX;
    table[i * slot.SLOT_WORDS + slot.SLOT_TX_COOKIE] = cookie + i;
  }
  const reports: TransmitReport[] = [];
  for (let turn = 0, replies = asked; turn < 50 && reports.length < asked; turn++, replies = 0) {
    await waker.send(request(4, 6), serving.ports[0] as number); // no request
    serving.path.exchange(replies);
    for (let i = 0; i < copy.getInt32(page.COPY_TX_REPORTS * 4, true); i++) {
      const row = txReport.subarray(i * slot.TX_REPORT_WORDS, (i + 1) * slot.TX_REPORT_WORDS);
      const fraction = ((row[slot.TX_REPORT_FRACTION] as number) >>> 0) / 2 ** 32;
      reports.push({
        cookie: row[slot.TX_REPORT_COOKIE] as number,
        source: row[slot.TX_REPORT_SOURCE] as number,
        seconds: ((row[slot.TX_REPORT_SECONDS] as number) >>> 0) + fraction,
      });
    }
  }
  return reports.sort((a, b) => a.cookie - b.cookie);
}

/** What T3 may be later than the reading it was made from (the correction's cap), and what rounding adds. */
const CORRECTION_SECONDS_MAX = 51e-6;

/** Replies go one after the other: a stamp lies between its own T3 and the next one's, as far as T3 is corrected. */
export function expectOwnStamps(reports: readonly TransmitReport[], t3: readonly number[]): void {
  for (const [i, { seconds }] of reports.entries()) {
    expect(seconds).toBeGreaterThan((t3[i] as number) - CORRECTION_SECONDS_MAX);
    if (i + 1 < t3.length) expect(seconds).toBeLessThan((t3[i + 1] as number) + CORRECTION_SECONDS_MAX);
  }
}
