import { describe, expect, test } from 'vitest';
import { Poll } from '../../../../src/core/association/poll.ts';
import { seededRandom } from '../../../support/coordinator-world.ts';

const random = seededRandom(1);

describe('the fast start', () => {
  test('asks every two seconds until five samples are there', () => {
    const poll = new Poll(4, 10, 6, 0);
    poll.startBurst(0);
    let now = 0;
    for (let sample = 0; sample < 5; sample++) {
      poll.sent(now, random);
      poll.answered(now, random);
      poll.sampled(now, random);
      if (sample < 4) {
        expect(poll.nextLocal - now).toBeGreaterThanOrEqual(2);
        expect(poll.nextLocal - now).toBeLessThan(2.1);
        now = poll.nextLocal;
      }
    }
    expect(now).toBeLessThan(10);
    expect(poll.isBursting).toBe(false);
    // One more soon, for the frequency; then as often as the interval says.
    expect(poll.nextLocal - now).toBe(16);
    poll.sent(poll.nextLocal, random);
    expect(poll.nextLocal - now).toBeGreaterThanOrEqual(16 + 64);
  });

  test('is followed no later than the interval says', () => {
    const poll = new Poll(3, 10, 3, 0);
    poll.startBurst(0);
    for (let sample = 0; sample < 5; sample++) poll.sampled(0, random);
    expect(poll.nextLocal).toBeLessThan(16);
  });

  test('gives up after eight requests', () => {
    const poll = new Poll(4, 10, 4, 0);
    poll.startBurst(0);
    let now = 0;
    for (let request = 0; request < 8; request++) {
      expect(poll.isBursting).toBe(true);
      poll.sent(now, random);
      now = poll.nextLocal;
    }
    expect(poll.isBursting).toBe(false);
    expect(now).toBeGreaterThan(14 + 16);
  });
});

describe('reach', () => {
  test('is lost after eight polls without an answer, and regained by one', () => {
    const poll = new Poll(4, 6, 4, 0);
    poll.sent(0, random);
    poll.answered(0, random);
    for (let request = 0; request < 7; request++) poll.sent(0, random);
    expect(poll.isUnreachable).toBe(false);
    poll.sent(0, random);
    expect(poll.reach).toBe(0);
    expect(poll.isUnreachable).toBe(true);
    poll.answered(0, random);
    expect(poll.isUnreachable).toBe(false);
  });

  test('a source that does not answer is asked ever more rarely', () => {
    const poll = new Poll(4, 6, 4, 0);
    for (let request = 0; request < 20; request++) poll.sent(0, random);
    expect(poll.pollLog2).toBe(6);
  });
});

describe('after a time without answers', () => {
  function outage(poll: Poll, seconds: number): number {
    let now = 0;
    while (now < seconds) {
      poll.sent(now, random);
      now = poll.nextLocal;
    }
    return now;
  }

  test('the next request is due within an eighth of it', () => {
    for (const seconds of [600, 1200, 3600]) {
      const poll = new Poll(4, 10, 4, 0);
      expect(outage(poll, seconds)).toBeLessThan(1.125 * seconds);
    }
  });

  test('a source is asked as often as before, at once', () => {
    const poll = new Poll(4, 10, 5, 0);
    poll.sent(0, random);
    poll.answered(0, random);
    const now = outage(poll, 40_000);
    expect(poll.pollLog2).toBe(10);
    poll.sent(now, random);
    poll.answered(now + 0.1, random);
    expect(poll.pollLog2).toBe(5);
    expect(poll.nextLocal).toBeLessThan(now + 34);
  });

  test('it has not been asked any less where nothing could be sent, and the fast start is still to come', () => {
    const poll = new Poll(4, 10, 4, 0);
    poll.startBurst(0);
    let now = 0;
    while (now < 3600) {
      poll.sent(now, random);
      poll.unsent(now, random);
      now = poll.nextLocal;
    }
    expect(poll.isUnreachable).toBe(true);
    expect(poll.isBursting).toBe(true);
    expect(now).toBeLessThan(3602.1);
  });
});

describe('the interval', () => {
  test('is jittered, and never shorter than its power of two', () => {
    const poll = new Poll(6, 6, 6, 0);
    const intervals: number[] = [];
    for (let request = 0; request < 200; request++) {
      poll.sent(0, random);
      intervals.push(poll.nextLocal);
    }
    expect(Math.min(...intervals)).toBeGreaterThanOrEqual(64);
    expect(Math.max(...intervals)).toBeLessThanOrEqual(64 * 1.04);
    expect(new Set(intervals).size).toBe(200);
  });

  test('grows while the forecast stays better than a measurement, and shrinks when it does not', () => {
    const poll = new Poll(4, 8, 4, 0);
    for (let sample = 0; sample < 10; sample++) poll.adapt(0, random, () => 1e-6, 1e-4);
    expect(poll.pollLog2).toBe(8);
    poll.adapt(0, random, () => 1e-3, 1e-4);
    expect(poll.pollLog2).toBe(7);
    poll.adapt(0, random, (seconds) => (seconds > 128 ? 1e-4 : 5e-5), 1e-4);
    expect(poll.pollLog2).toBe(7);
    for (let sample = 0; sample < 10; sample++) poll.adapt(0, random, () => 1e-3, 1e-4);
    expect(poll.pollLog2).toBe(4);
  });

  test('ends at once when the estimate was lost, and is as short as it takes', () => {
    const poll = new Poll(4, 10, 9, 0);
    poll.sent(0, random);
    expect(poll.nextLocal).toBeGreaterThanOrEqual(512);
    poll.adapt(1, random, (seconds) => seconds * 1e-5, 5e-4);
    expect(poll.pollLog2).toBe(6);
    expect(poll.nextLocal).toBeLessThan(1 + 64 * 1.05);
  });

  test('starts within its limits', () => {
    expect(new Poll(6, 8, 4, 0).pollLog2).toBe(6);
    expect(new Poll(6, 8, 10, 0).pollLog2).toBe(8);
  });
});

describe('a RATE kiss', () => {
  test('raises the minimum for good, pauses, and ends a burst', () => {
    const poll = new Poll(4, 10, 4, 0);
    poll.startBurst(0);
    poll.sent(0, random);
    poll.slowDown(1, random);
    expect(poll.isBursting).toBe(false);
    expect(poll.pollLog2Min).toBe(5);
    expect(poll.requestedLog2Min).toBe(5);
    expect(poll.nextLocal).toBeGreaterThanOrEqual(1 + 4 * 32);
    for (let sample = 0; sample < 10; sample++) poll.adapt(0, random, () => 1, 1e-4);
    expect(poll.pollLog2).toBe(5);
  });

  test('may lead above the configured maximum, not without end', () => {
    const poll = new Poll(4, 4, 4, 0);
    for (let kiss = 0; kiss < 20; kiss++) poll.slowDown(0, random);
    expect(poll.pollLog2).toBe(10);
  });
});
