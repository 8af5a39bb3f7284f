import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/config/load.ts';
import { loadScenario, parseScenario } from '../../../src/simulate/load-scenario.ts';
import { runDirectory } from '../../support/directory.ts';

const GOOD = `description = "one client"
duration = 100
[[node]]
name = "client"
initial-offset = 0.5
source = [{ address = "truth", poll-min = 4 }]
[[server]]
name = "truth"
[network]
base = 1e-3
up = { parts = [{ shape = "exponential", mean = 1e-4 }] }
[limits.client]
sigma-2 = [0.9, 1]
`;

function faultsOf(text: string): string[] {
  try {
    parseScenario(text, 'file.toml');
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}

const directory = runDirectory('scenario');

describe('parseScenario', () => {
  it('fills in defaults and turns keys into camelCase', () => {
    const scenario = parseScenario(GOOD, 'file.toml');
    expect(scenario.node[0]).toMatchObject({ initialOffset: 0.5, clock: 'system', stampNoise: 0 });
    expect(scenario.node[0]?.source[0]).toEqual({ mode: 'server', address: 'truth', pollMin: 4 });
    expect(scenario.server[0]).toMatchObject({ stratum: 1, refid: 'GPS', offset: 0 });
    expect(scenario.limits).toEqual({ client: { boundCoverage: 1, uncoveredSeconds: 0, sigma2: [0.9, 1] } });
    expect(scenario.start).toBe(4_004_467_200);
  });

  it.each([
    [
      'a misspelt key',
      GOOD.replace('initial-offset', 'inital-offset'),
      'file.toml:5:1: node[0].inital-offset: unknown key',
    ],
    [
      'camelCase',
      GOOD.replace('initial-offset', 'initialOffset'),
      'file.toml:5:1: node[0].initialOffset: unknown key: keys are spelt in kebab-case, "initial-offset"',
    ],
    ['a wrong type', GOOD.replace('duration = 100', 'duration = "long"'), 'file.toml:2:1: duration: '],
    ['an unknown shape', GOOD.replace('"exponential"', '"cubic"'), 'file.toml:11:19: network.up.parts[0].shape: '],
    ['an unknown source', GOOD.replace('address = "truth"', 'address = "gps"'), 'nothing is called "gps"'],
    ['limits of nobody', GOOD.replace('[limits.client]', '[limits.other]'), 'limits.other: nothing is called "other"'],
    ['two of one name', GOOD.replace('name = "truth"', 'name = "client"'), 'there is already one called "client"'],
    ['no statistics', GOOD.replace('duration = 100', 'duration = 100\nsettle = 100'), 'must be less than duration'],
    [
      'a poll interval upside down',
      GOOD.replace('poll-min = 4', 'poll-min = 4, poll-max = 3'),
      'file.toml:6:46: node[0].source[0].poll-max: is below',
    ],
    [
      'no number',
      GOOD.replace('base = 1e-3', 'base = nan'),
      'file.toml:10:1: network.base: expected number, found NaN',
    ],
    ['bad TOML', GOOD.replace('duration = 100', 'duration = = 100'), 'file.toml:2:'],
  ])('names file, line and key of %s', (_name, text, message) => {
    expect(faultsOf(text).join('\n')).toContain(message);
  });
});

describe('loadScenario', () => {
  it('reads the oscillator files beside the scenario', () => {
    writeFileSync(join(directory, 'errors.txt'), '1\n2.5\n-3\n');
    writeFileSync(
      join(directory, 'a.toml'),
      GOOD.replace('initial-offset = 0.5', 'oscillator = { file = "errors.txt" }'),
    );
    expect(loadScenario(join(directory, 'a.toml')).recordedPpm.get('client')).toEqual(Float64Array.of(1, 2.5, -3));
  });

  it('names the line of an oscillator file that is not a number', () => {
    writeFileSync(join(directory, 'bad.txt'), '1\nx\n');
    writeFileSync(join(directory, 'b.toml'), GOOD.replace('initial-offset = 0.5', 'oscillator = { file = "bad.txt" }'));
    expect(() => loadScenario(join(directory, 'b.toml'))).toThrow(
      /bad\.txt:2:1: node\[0\]\.oscillator\.file: expected one error in ppm/,
    );
  });

  it('names the place in the scenario that names a file which is not there', () => {
    writeFileSync(join(directory, 'c.toml'), GOOD.replace('initial-offset = 0.5', 'oscillator = { file = "no.txt" }'));
    expect(() => loadScenario(join(directory, 'c.toml'))).toThrow(
      /c\.toml:5:16: node\[0\]\.oscillator\.file: .*no\.txt cannot be read: there is no such file/,
    );
  });
});
