import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConfigError } from '../../../src/config/load.ts';
import { simulateCommand } from '../../../src/simulate/command.ts';
import { runDirectory } from '../../support/directory.ts';

const directory = runDirectory('simulate');
const GOOD = `description = "a short world"
duration = 300
settle = 200
[[node]]
name = "client"
source = [{ address = "truth" }]
[[server]]
name = "truth"
[network]
base = 1e-4
[limits.client]
max-offset = 1e-3
`;

function run(toml: string, ...options: string[]): string {
  const file = join(directory, 'world.toml');
  writeFileSync(file, toml);
  let printed = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  try {
    simulateCommand().parse([file, ...options], { from: 'user' });
  } finally {
    write.mockRestore();
  }
  return printed;
}

let exitCode: typeof process.exitCode;
beforeEach(() => {
  exitCode = process.exitCode;
});
afterEach(() => {
  process.exitCode = exitCode;
});

describe('ntpd-ts simulate', () => {
  it('prints a report and succeeds within the limits', () => {
    expect(run(GOOD)).toContain('client: first set after');
    expect(process.exitCode).toBe(0);
  });

  it('fails when a limit is missed, and says which', () => {
    expect(run(GOOD.replace('1e-3\n', '1e-12\n'))).toContain('LIMIT      max-offset');
    expect(process.exitCode).toBe(1);
  });

  it('prints every run as JSON', () => {
    const { seeds, runs } = JSON.parse(run(GOOD, '--json', '--seed', '5', '--seeds', '2')) as {
      seeds: number[];
      runs: { seed: number }[];
    };
    expect(seeds).toEqual([5, 6]);
    expect(runs.map(({ seed }) => seed)).toEqual([5, 6]);
  });

  it('draws a picture', () => {
    const picture = join(directory, 'world.svg');
    run(GOOD, '--svg', picture);
    expect(existsSync(picture) && readFileSync(picture, 'utf8')).toContain('a short world');
  });

  it('says before the work that a picture cannot be written', () => {
    expect(() => run(GOOD, '--svg', '/nowhere/world.svg')).toThrow(
      expect.objectContaining({ code: 'simulate-picture' }),
    );
  });

  it('says that a node was never set, and that it ended itself', () => {
    const printed = run(GOOD.replace('name = "client"', 'name = "client"\ninitial-offset = 172_800'));
    expect(printed).toMatch(/client: never set, .* ended itself/);
  });

  it('names the fault of a scenario', () => {
    expect(() => run(GOOD.replace('duration', 'durations'))).toThrow(ConfigError);
  });
});
