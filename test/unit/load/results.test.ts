import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeMachine, readResults } from '../../../src/load/results.ts';
import { runDirectory } from '../../support/directory.ts';
import { sweepOf } from '../../support/load-results.ts';

const directory = runDirectory('results');

describe('a file of results', () => {
  it('is read back as it was written', () => {
    const results = sweepOf('server', 200_000);
    const file = join(directory, 'results.json');
    writeFileSync(file, JSON.stringify(results));
    expect(readResults(file)).toEqual(results);
  });

  it('is refused when it is something else, naming the file', () => {
    const file = join(directory, 'other.json');
    for (const text of ['', 'null', '[]', '{"format":"ntpd-ts-load","version":99}']) {
      writeFileSync(file, text);
      expect(() => readResults(file), text).toThrow(/other\.json/);
    }
  });
});

it('says on which machine and with which program it was made', () => {
  expect(describeMachine()).toMatchObject({
    program: expect.stringMatching(/^ntpd-ts \d/),
    node: process.version,
    kernel: expect.stringMatching(/^\d/),
  });
});
