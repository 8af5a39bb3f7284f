import { describe, expect, it } from 'vitest';
import { BucketTime } from '../../../../src/core/server/bucket-table.ts';
import {
  OVERLOAD_BEGAN,
  OVERLOAD_ENDED,
  OVERLOAD_SAME,
  OverloadPolicy,
  SHARE_ALL,
  SHARE_MIN,
} from '../../../../src/core/server/overload.ts';
import { toStandingUnits } from '../../../../src/core/server/standing.ts';

const toUnits = (seconds: number): number => {
  const time = new BucketTime();
  time.set(seconds);
  return time.units;
};
const BATCH = 64;
const CAPACITY = 250_000;
const QUEUE_MAX = 5_000;
const TURN_SECONDS = BATCH / CAPACITY;

/** A worker in virtual time: a queue of bounded length before a server of fixed speed, and the filter before both. */
class World {
  readonly policy = new OverloadPolicy();
  readonly changes: number[] = [];
  seconds: number;
  answered = 0;
  knownOffered = 0;
  knownLost = 0;
  /** Unknown requests kept out in the latest run. */
  kept = 0;
  private queue = 0;
  private shed = 0;
  private admitted = 0;
  private carry = { known: 0, unknown: 0 };

  constructor(startSeconds = 100) {
    this.seconds = startSeconds;
  }

  /** @param known - requests a second. @param unknown - the same. */
  run(known: number, unknown: number, seconds: number): void {
    this.answered = 0;
    this.knownOffered = 0;
    this.knownLost = 0;
    this.kept = 0;
    for (const end = this.seconds + seconds; this.seconds < end; this.seconds += TURN_SECONDS)
      this.turn(known, unknown);
  }

  /** Nothing comes: the worker looks twice a second. */
  idle(seconds: number): void {
    this.queue = 0;
    for (const end = this.seconds + seconds; this.seconds < end; ) {
      this.seconds += 0.5;
      this.policy.step(toUnits(this.seconds), toStandingUnits(this.seconds), 0, false, 0, this.shed, this.admitted);
    }
  }

  /** The worker does not run for so long, while requests fill its queue. */
  stall(seconds: number): void {
    this.seconds += seconds;
    this.queue = QUEUE_MAX;
  }

  private turn(known: number, unknown: number): void {
    const { policy, carry } = this;
    carry.known += known * TURN_SECONDS;
    carry.unknown += unknown * TURN_SECONDS;
    const enteringKnown = Math.floor(carry.known);
    const offeredUnknown = Math.floor(carry.unknown);
    carry.known -= enteringKnown;
    carry.unknown -= offeredUnknown;
    const enteringUnknown = policy.active ? Math.round((offeredUnknown * policy.share) / SHARE_ALL) : offeredUnknown;
    if (policy.active) {
      this.kept += offeredUnknown - enteringUnknown;
      this.shed = (this.shed + offeredUnknown - enteringUnknown) | 0;
      this.admitted = (this.admitted + enteringUnknown) | 0;
    }
    const entering = enteringKnown + enteringUnknown;
    const lost = Math.max(0, this.queue + entering - QUEUE_MAX);
    this.queue += entering - lost;
    this.knownOffered += enteringKnown;
    this.knownLost += entering > 0 ? (lost * enteringKnown) / entering : 0;

    const received = Math.min(BATCH, this.queue);
    const ageUs = received === 0 ? 0 : Math.round((this.queue / CAPACITY) * 1e6);
    this.queue -= received;
    this.answered += received;
    const unit = toStandingUnits(this.seconds);
    const full = received === BATCH;
    const change = policy.step(toUnits(this.seconds), unit, received, full, ageUs, this.shed, this.admitted);
    if (change === OVERLOAD_BEGAN || change === OVERLOAD_ENDED) this.changes.push(change);
  }
}

describe('the overload policy', () => {
  it('stays away while the server keeps up', () => {
    const world = new World();
    world.run(20_000, 220_000, 5);
    expect(world.changes).toEqual([]);
  });

  it.each([
    [1.2, 0.1],
    [1.5, 0.1],
    [1.5, 0.6],
    [2, 0.1],
    [4, 0.02],
  ])('at %f times the capacity answers the known, a share %f, and fills up with others', (factor, share) => {
    const world = new World();
    world.run(factor * share * CAPACITY, factor * (1 - share) * CAPACITY, 2);
    expect(world.changes).toEqual([OVERLOAD_BEGAN]);
    world.run(factor * share * CAPACITY, factor * (1 - share) * CAPACITY, 10);
    expect(world.knownLost / world.knownOffered).toBeLessThan(0.001);
    expect(world.answered / (10 * CAPACITY)).toBeGreaterThan(0.98);
  });

  it('loses few of the known while it begins', () => {
    const world = new World();
    world.run(37_500, 337_500, 2);
    expect(world.knownLost / world.knownOffered).toBeLessThan(0.02);
  });

  it('ends a second after the load went, and begins again', () => {
    const world = new World();
    world.run(37_500, 337_500, 2);
    world.run(20_000, 150_000, 2);
    expect(world.changes).toEqual([OVERLOAD_BEGAN, OVERLOAD_ENDED]);
    world.run(37_500, 337_500, 2);
    expect(world.changes).toEqual([OVERLOAD_BEGAN, OVERLOAD_ENDED, OVERLOAD_BEGAN]);
    expect(world.policy.share).toBeLessThan(SHARE_ALL);
  });

  it.each([0.5, 1])('keeps nobody out when less is asked after a pause of %f s', (pauseSeconds) => {
    const world = new World();
    world.run(0, 375_000, 2);
    world.idle(pauseSeconds);
    world.run(0, 0.7 * CAPACITY, 3);
    expect(world.kept).toBe(0);
  });

  it('holds on while the same load lasts, and always lets a few newcomers in', () => {
    const world = new World();
    world.run(300_000, 300_000, 20);
    expect(world.changes).toEqual([OVERLOAD_BEGAN]);
    expect(world.policy.share).toBe(SHARE_MIN);
  });

  it('counts as known who was there before it began, and after an hour who was there for an hour', () => {
    const policy = new OverloadPolicy();
    const at = (seconds: number): void => {
      policy.step(toUnits(seconds), toStandingUnits(seconds), BATCH, true, 20_000, 0, 0);
    };
    at(1000);
    at(1000.11);
    expect(policy.active).toBe(true);
    expect(policy.admitBefore).toBe(248);
    at(2500);
    at(4000);
    at(1000 + 3599);
    expect(policy.admitBefore).toBe(248);
    at(1000 + 3600);
    at(1000 + 3600 + 40);
    expect(policy.admitBefore).toBe(258);
  });

  it.each([0.5, 0.7, 0.85])('keeps nobody out after a stall that filled the queue, at a load of %f', (load) => {
    const world = new World();
    for (let stall = 0; stall < 5; stall++) {
      world.stall(0.02);
      world.run(0, load * CAPACITY, 1);
    }
    expect(world.changes).toEqual([]);
  });

  it('does not take full batches that do not wait for long, or a wait of a few batches, for an overload', () => {
    const policy = new OverloadPolicy();
    let seconds = 100;
    const step = (received: number, ageUs: number): number => {
      seconds += 0.01;
      return policy.step(toUnits(seconds), 0, received, received === BATCH, ageUs, 0, 0);
    };
    for (let round = 0; round < 100; round++) {
      for (let i = 0; i < 9; i++) expect(step(BATCH, 9_000)).toBe(OVERLOAD_SAME);
      expect(step(10, 9_000)).toBe(OVERLOAD_SAME);
    }
    for (let i = 0; i < 100; i++) expect(step(BATCH, 4_000)).toBe(OVERLOAD_SAME);
  });

  it('works across the wrap of its times', () => {
    const world = new World(2 ** 18 - 1); // of standing units here, and of bucket units every 4096 s
    world.run(37_500, 337_500, 3);
    world.run(37_500, 337_500, 3);
    expect(world.knownLost).toBe(0);
    expect(world.answered / (3 * CAPACITY)).toBeGreaterThan(0.98);
  });
});
