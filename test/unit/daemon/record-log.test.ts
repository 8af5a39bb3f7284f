import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { StatisticsOutput } from '../../../src/core/coordinator-output.ts';
import { RecordLogs } from '../../../src/daemon/record-log.ts';
import { runDirectory } from '../../support/directory.ts';

const OUTPUT: StatisticsOutput = {
  kind: 'statistics',
  atLocal: 5,
  address: '192.0.2.1',
  offsetSeconds: 1e-6,
  offsetSigmaSeconds: 1e-7,
  frequencyPpm: 1,
  frequencySigmaPpm: 0.1,
  delayFloorSeconds: 0.001,
  jitterSeconds: 1e-5,
  stress: null,
  samples: 1,
  asymmetry: 0,
};

describe('record logs', () => {
  it('are JSON lines with the time first, and follow a renamed file after reopening', () => {
    const path = join(runDirectory('records'), 'statistics.log');
    const logs = new RecordLogs({ measurement: null, statistics: path, tracking: null }, pino({ level: 'silent' }));
    logs.write(OUTPUT, '2026-01-01T00:00:00.000Z');
    renameSync(path, `${path}.1`);
    logs.write(OUTPUT, '2026-01-01T00:00:01.000Z');
    logs.reopen();
    logs.write(OUTPUT, '2026-01-01T00:00:02.000Z');
    const old = readFileSync(`${path}.1`, 'utf8').trim().split('\n');
    expect(old).toHaveLength(2);
    expect(old[0]).toMatch(/^\{"time":"2026-01-01T00:00:00.000Z","address":"192.0.2.1",/);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ time: '2026-01-01T00:00:02.000Z', frequencyPpm: 1 });
    logs.reopen();
  });

  it('end a line that was cut off before they go on', () => {
    const path = join(runDirectory('records'), 'statistics.log');
    writeFileSync(path, '{"time":"2026-01-01T00:00:00.000Z","addr');
    const logs = new RecordLogs({ measurement: null, statistics: path, tracking: null }, pino({ level: 'silent' }));
    for (const second of [1, 2]) logs.write(OUTPUT, `2026-01-01T00:00:0${second}.000Z`);
    logs.reopen();
    logs.write(OUTPUT, '2026-01-01T00:00:03.000Z');
    logs.reopen();
    const [, ...whole] = readFileSync(path, 'utf8').trim().split('\n');
    expect(whole.map((line) => JSON.parse(line).time.slice(17, 19))).toEqual(['01', '02', '03']);
  });

  it('complain once when they cannot be written', () => {
    const lines: string[] = [];
    const log = pino({}, { write: (line: string) => lines.push(line) });
    const logs = new RecordLogs({ measurement: null, statistics: '/nonexistent/x', tracking: null }, log);
    logs.write(OUTPUT, '');
    logs.write(OUTPUT, '');
    expect(lines).toHaveLength(1);
  });
});
