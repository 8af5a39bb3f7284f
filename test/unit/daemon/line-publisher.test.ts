import { describe, expect, it } from 'vitest';
import * as page from '../../../src/core/server/page.ts';
import { SmearKeeper } from '../../../src/core/server/smear-keeper.ts';
import { unsynchronisedVariables } from '../../../src/core/system-variables.ts';
import { LinePublisher } from '../../../src/daemon/line-publisher.ts';
import { SAMPLE_REAL } from '../../../src/native/clock-sample.ts';
import { LocalTimescale } from '../../../src/native/local-timescale.ts';
import { differenceSeconds, UNIX_EPOCH_NTP_SECONDS } from '../../../src/protocol/timestamp.ts';
import { TimePage } from '../../../src/workers/time-page.ts';

interface Fixture {
  readonly words: Int32Array;
  readonly timescale: LocalTimescale;
  readonly publisher: LinePublisher;
  readonly variables: ReturnType<typeof unsynchronisedVariables>;
}

function start(fault = { offsetSeconds: 0, frequency: 0 }): Fixture {
  const timePage = new TimePage();
  const timescale = new LocalTimescale(fault);
  const publisher = new LinePublisher(timePage, timescale, new SmearKeeper());
  return { words: new Int32Array(timePage.memory), timescale, publisher, variables: unsynchronisedVariables() };
}

function double(words: Int32Array, at: number): number {
  return new Float64Array(new Int32Array([words[at] as number, words[at + 1] as number]).buffer)[0] as number;
}

/** Served clock less the system clock at the anchor of the last publication. */
function servedError({ words, timescale }: Fixture): number {
  const real = (timescale.row[SAMPLE_REAL] as number) + UNIX_EPOCH_NTP_SECONDS;
  const realFraction = ((timescale.row[SAMPLE_REAL + 1] as number) / 1e9) * 2 ** 32;
  const at = (word: number): number => (words[word] as number) >>> 0;
  return differenceSeconds(at(page.PAGE_ANCHOR_SECONDS), at(page.PAGE_ANCHOR_FRACTION), real >>> 0, realFraction);
}

describe('publishing the served line', () => {
  it('serves the epoch and the local time, moved by the line', () => {
    const fixture = start();
    fixture.publisher.publish(fixture.variables);
    expect(servedError(fixture)).toBeCloseTo(0, 5);
    Object.assign(fixture.variables.line, { atLocal: 0, offsetSeconds: 1.5, frequency: 0 });
    fixture.publisher.publish(fixture.variables);
    expect(servedError(fixture)).toBeCloseTo(1.5, 5);
  });

  it('takes a fault of the timescale out again by the line that says so', () => {
    const fixture = start({ offsetSeconds: 1, frequency: 50e-6 });
    Object.assign(fixture.variables.line, { atLocal: 0, offsetSeconds: -1, frequency: -50e-6 });
    fixture.publisher.publish(fixture.variables);
    expect(servedError(fixture)).toBeCloseTo(0, 5);
    expect(double(fixture.words, page.PAGE_RATE)).toBeCloseTo(-50e-6, 9);
    fixture.publisher.publish(fixture.variables, fixture.timescale.rate);
    expect(double(fixture.words, page.PAGE_RATE)).toBeCloseTo((1 - 50e-6) * (1 + 50e-6) - 1, 12);
  });

  it('lets the dispersion grow from when it was found', () => {
    const { publisher, variables, words, timescale } = start();
    Object.assign(variables, {
      stratum: 3,
      leap: 0,
      refid: 0xc0000201,
      rootDelaySeconds: 0.01,
      rootDispersionSeconds: 0.002,
    });
    Object.assign(variables, { dispersionRate: 1, atLocal: timescale.sample() - 10 });
    publisher.publish(variables);
    expect(double(words, page.PAGE_ROOT_DISPERSION)).toBeGreaterThanOrEqual(10.002);
    expect(double(words, page.PAGE_ROOT_DISPERSION)).toBeLessThan(11);
    expect(double(words, page.PAGE_ROOT_DELAY)).toBe(0.01);
    expect([words[page.PAGE_LEAP], words[page.PAGE_STRATUM], (words[page.PAGE_REFID] as number) >>> 0]).toEqual([
      0, 3, 0xc0000201,
    ]);
  });

  it('tells when stored stamps are of no more use: at a jump, not at a small correction', () => {
    const { publisher, variables, words } = start();
    publisher.publish(variables);
    const slewEpoch = (): number => words[page.PAGE_SLEW_EPOCH] as number;
    const first = slewEpoch();
    variables.line.offsetSeconds = 50e-6;
    publisher.publish(variables);
    expect(slewEpoch()).toBe(first);
    variables.line.offsetSeconds = 0.5;
    publisher.publish(variables);
    expect(slewEpoch()).toBe(first + 1);
  });
});
