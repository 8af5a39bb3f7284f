import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import * as page from '../../../src/core/server/page.ts';
import { SmearKeeper } from '../../../src/core/server/smear-keeper.ts';
import { LocalPublisher } from '../../../src/daemon/publisher.ts';
import { UNIX_EPOCH_NTP_SECONDS } from '../../../src/protocol/timestamp.ts';
import { TimePage } from '../../../src/workers/time-page.ts';

const started: LocalPublisher[] = [];

afterEach(() => {
  for (const publisher of started.splice(0)) publisher.stop();
});

function publish(localStratum: number): Int32Array {
  const timePage = new TimePage();
  const log = pino({ level: 'silent' });
  const local = { localStratum, referenceId: 0x4c4f434c, trustKernel: false };
  const options = { page: timePage, ...local, leapFile: null, smear: new SmearKeeper(), log };
  const publisher = new LocalPublisher(options);
  started.push(publisher);
  publisher.start();
  return new Int32Array(timePage.memory);
}

describe('publishing the local clock', () => {
  it('serves it as the operator says, its own reference of this moment, from the first publication on', () => {
    const words = publish(4);
    const at = (word: number): number => (words[word] as number) >>> 0;
    expect([at(page.PAGE_LEAP), at(page.PAGE_STRATUM), at(page.PAGE_REFID)]).toEqual([0, 4, 0x4c4f434c]);
    expect(Math.abs(at(page.PAGE_REFTIME_SECONDS) - UNIX_EPOCH_NTP_SECONDS - Date.now() / 1000)).toBeLessThan(5);
    expect(at(page.PAGE_REFTIME_SECONDS)).toBe(at(page.PAGE_ANCHOR_SECONDS));
    expect([at(page.PAGE_LEAP_EVENT_SECONDS), at(page.PAGE_LEAP_SIGN)]).toEqual([0, 0]);
  });

  it('serves it as unsynchronised when nobody vouches for it', () => {
    const words = publish(16);
    expect([words[page.PAGE_LEAP], words[page.PAGE_STRATUM]]).toEqual([3, 16]);
  });
});
