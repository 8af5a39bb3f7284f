import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import { SMEAR_LATE, SMEAR_ON_TIME } from '../../../src/core/server/smear.ts';
import { LeapMemory } from '../../../src/daemon/leap-memory.ts';
import { runDirectory } from '../../support/directory.ts';

/** 2026-12-31 24:00 UTC. */
const MIDNIGHT = 4_007_750_400;
const TABLE = {
  entries: [
    { atSeconds: MIDNIGHT - 1e8, taiMinusUtc: 37 },
    { atSeconds: MIDNIGHT, taiMinusUtc: 38 },
  ],
  expirySeconds: MIDNIGHT + 1e7,
};

let drift: string;
const lines: string[] = [];

function memory(table: typeof TABLE | null): LeapMemory {
  const config = parseConfig(`[synchronization]\ndrift-file = "${drift}"\n`, 'test');
  return new LeapMemory(config, table, pino({}, { write: (line: string) => lines.push(line) }));
}

beforeEach(() => {
  drift = join(runDirectory('leap'), 'drift');
  lines.length = 0;
});

test('the list is recalled as far as it reaches', () => {
  expect(memory(TABLE).recall(MIDNIGHT)).toEqual({ sign: 1, lateness: SMEAR_ON_TIME });
  expect(memory({ ...TABLE, entries: TABLE.entries.slice(0, 1) }).recall(MIDNIGHT)?.sign).toBe(0);
  expect(memory({ ...TABLE, expirySeconds: MIDNIGHT - 1e6 }).recall(MIDNIGHT)).toBeNull();
  expect(memory(null).recall(MIDNIGHT)).toBeNull();
});

test('what was served outlasts the process and outranks the list', () => {
  memory(null).remember(MIDNIGHT, { sign: 1, lateness: SMEAR_LATE });
  expect(memory(TABLE).recall(MIDNIGHT)).toEqual({ sign: 1, lateness: SMEAR_LATE });
  expect(memory(null).recall(MIDNIGHT + 1)).toBeNull();
});

test('a leap second that was not known when it was served is late', () => {
  memory(null).remember(MIDNIGHT, { sign: 0, lateness: SMEAR_ON_TIME });
  expect(memory(null).recall(MIDNIGHT)).toEqual({ sign: 0, lateness: SMEAR_ON_TIME });
  expect(memory(TABLE).recall(MIDNIGHT)).toEqual({ sign: 1, lateness: SMEAR_LATE });
});

test('a file that is broken is said to be so and not used', () => {
  memory(null).remember(MIDNIGHT, { sign: 1, lateness: SMEAR_ON_TIME });
  const file = `${drift}.leap.json`;
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ version: 1 });
  writeFileSync(file, '{"version":1,"eventSec');
  expect(memory(null).recall(MIDNIGHT)).toBeNull();
  expect(lines.join('')).toContain('leap.json is not used');
});
