import { describe, expect, test } from 'vitest';
import { type Chosen, NO_INCUMBENTS, select } from '../../../src/core/selection/select.ts';
import { PHI } from '../../../src/core/system-variables.ts';
import { Truth } from '../../../src/core/truth.ts';
import { candidate } from '../../support/candidates.ts';

const epoch = { seconds: 4_004_510_400, fraction: 0 };

function chosen(change: Parameters<typeof candidate>[3] = {}): Chosen {
  const found = select(
    [
      candidate('a', 0.25, 0.01, {
        stratum: 2,
        refid: 77,
        rootDelaySeconds: 0.004,
        roundTripSeconds: 0.002,
        ...change,
      }),
    ],
    1,
    NO_INCUMBENTS,
  );
  if (found.chosen === null) throw new Error(found.reason);
  return found.chosen;
}

function synchronised(): Truth {
  const truth = new Truth(epoch, 1e-6);
  truth.synchronise(10, chosen(), { atLocal: 10, offsetSeconds: 0.25, frequency: 1e-6 });
  return truth;
}

describe('system variables', () => {
  test('start unsynchronised, with an infinite error', () => {
    const { variables } = new Truth(epoch, 1e-6);
    expect(variables).toMatchObject({ leap: 3, stratum: 16, refid: 0 });
    expect(new Truth(epoch, 1e-6).maximumErrorAt(0)).toBe(Number.POSITIVE_INFINITY);
    expect(new Truth(epoch, 1e-6).whenErrorIs(1)).toBe(Number.POSITIVE_INFINITY);
  });

  test('follow the system peer: stratum + 1, its root delay and ours, its refid, reftime of now', () => {
    const { variables } = synchronised();
    expect(variables).toMatchObject({
      stratum: 3,
      refid: 77,
      reftimeSeconds: 4_004_510_410,
      reftimeFraction: 0x4000_0000,
    });
    expect(variables.rootDelaySeconds).toBeCloseTo(0.006, 12);
  });

  test('root delay / 2 + root dispersion covers the whole bound, and grows by PHI', () => {
    const truth = synchronised();
    expect(truth.maximumErrorAt(10)).toBeGreaterThanOrEqual(0.01);
    expect(truth.maximumErrorAt(10)).toBeLessThan(0.0101);
    expect(truth.maximumErrorAt(1010) - truth.maximumErrorAt(10)).toBeCloseTo(1000 * PHI, 12);
    expect(truth.whenErrorIs(truth.maximumErrorAt(500))).toBeCloseTo(500, 6);
    expect(truth.whenErrorIs(0.001)).toBe(10);
  });

  test('a badly known frequency makes the bound grow faster', () => {
    const truth = new Truth(epoch, 1e-6);
    truth.synchronise(0, chosen({ frequencySigma: 1e-5 }), { atLocal: 0, offsetSeconds: 0, frequency: 0 });
    expect(truth.variables.dispersionRate).toBeCloseTo(6e-5, 12);
  });

  test('σ grows from the update on by what offset and frequency err together, and by the wander', () => {
    const truth = new Truth(epoch, 1e-6);
    const change = {
      rootDelaySeconds: 0,
      offsetSigmaSeconds: 3e-6,
      frequencySigma: 1e-8,
      covariance: 2e-14,
      wander: 3e-18,
    };
    truth.synchronise(10, chosen(change), { atLocal: 10, offsetSeconds: 0, frequency: 0 });
    expect(truth.estimatedErrorAt(10)).toBeCloseTo(3e-6, 12);
    expect(truth.estimatedErrorAt(1010)).toBeCloseTo(Math.sqrt(9e-12 + 4e-11 + 1e-10 + 1e-9), 12);
  });

  test('every change is a new generation', () => {
    const truth = synchronised();
    const generations = [truth.variables.generation];
    const note = (): number => generations.push(truth.variables.generation);
    truth.setLeap(1, 5, 1);
    note();
    truth.shift(-1);
    note();
    truth.withdraw();
    note();
    expect(new Set(generations).size).toBe(generations.length);
    const before = truth.variables.generation;
    truth.setLeap(3, 5, 1);
    truth.setLeap(3, 5, 1);
    expect(truth.variables.generation - before).toBeLessThanOrEqual(1);
  });
});

describe('without sources', () => {
  test('withdrawing keeps the line and the bound', () => {
    const truth = synchronised();
    truth.withdraw();
    expect(truth.variables).toMatchObject({ leap: 3, stratum: 16, refid: 0 });
    expect(truth.offsetAt(20)).toBeCloseTo(0.25 + 1e-5, 12);
    expect(truth.maximumErrorAt(20)).toBeLessThan(0.02);
  });

  test('the local clock is served with the operator’s stratum and the line as it was', () => {
    const truth = synchronised();
    truth.serveLocal(100, 10, 0x7f7f0101);
    expect(truth.variables).toMatchObject({ stratum: 10, refid: 0x7f7f0101, rootDelaySeconds: 0, dispersionRate: 0 });
    expect(truth.offsetAt(200)).toBeCloseTo(0.25 + 190e-6, 12);
  });

  test('forgetting leaves no bound', () => {
    const truth = synchronised();
    truth.forget();
    expect(truth.maximumErrorAt(20)).toBe(Number.POSITIVE_INFINITY);
    expect(truth.estimatedErrorAt(20)).toBe(Number.POSITIVE_INFINITY);
  });
});
