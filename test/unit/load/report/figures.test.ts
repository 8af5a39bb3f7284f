import { describe, expect, it } from 'vitest';
import { figures, stepsByRate } from '../../../../src/load/report/figures.ts';
import { resultsOf, stepOf, sweepOf } from '../../../support/load-results.ts';

describe('figures', () => {
  it('show answers, loss, latency and stamp errors of every server', () => {
    const plots = figures([sweepOf('one', 200_000), sweepOf('two', 300_000)]);
    expect(plots.map(({ id }) => id)).toEqual([
      'answers',
      'loss',
      'latency',
      'latency-distribution',
      'residence',
      'transmit-error',
      'receive-error',
    ]);
    const answers = plots[0];
    expect(answers?.series.map(({ name, colour }) => [name, colour])).toEqual([
      ['one', 0],
      ['two', 1],
    ]);
    expect(answers?.series[0]?.points.at(-1)).toMatchObject({ x: 400_000, y: 200_000 });
  });

  it('leave out invalid steps, and take the middle of several at one rate', () => {
    const invalid = { ...stepOf(1000, 1000), valid: false };
    const steps = [invalid, stepOf(500, 100), stepOf(500, 300), stepOf(500, 200)];
    expect(
      stepsByRate(resultsOf('server', steps)).map(({ rate, answersPerSecond }) => [rate, answersPerSecond]),
    ).toEqual([[500, 200]]);
  });

  it('draw no stamp error when the clocks are not one clock', () => {
    const step = stepOf(1000, 1000);
    const apart = { ...step.distributions.transmitError, p50: 3e9 };
    const results = resultsOf('server', [
      { ...step, distributions: { ...step.distributions, transmitError: apart, receiveError: apart } },
    ]);
    const ids = figures([results]).map(({ id }) => id);
    expect(ids).not.toContain('transmit-error');
    expect(ids).not.toContain('receive-error');
  });

  it('are none when nothing was measured', () => {
    expect(figures([resultsOf('server', [])])).toEqual([]);
  });
});
