import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { leapFileDoubts, readLeapFile } from '../../../src/daemon/leap-file-reader.ts';
import { runDirectory } from '../../support/directory.ts';

describe('the leap-seconds.list', () => {
  it('that cannot be used is said to be so, and the sources are believed', () => {
    const lines: string[] = [];
    const log = pino({}, { write: (line: string) => lines.push(line) });
    const path = join(runDirectory('leap'), 'leap-seconds.list');
    writeFileSync(path, 'not a list');
    expect(readLeapFile(null, log)).toBeNull();
    expect(lines).toHaveLength(0);
    expect(readLeapFile('/nonexistent', log)).toBeNull();
    expect(readLeapFile(path, log)).toBeNull();
    expect(lines).toEqual([
      expect.stringMatching(/\/nonexistent: cannot be read: there is no such file; see leap-file .*not used/),
      expect.stringMatching(/leap-seconds\.list: .*; fetch it anew .*not used/),
    ]);
  });

  it('is read with its hash checked', () => {
    // Digits 39000000004100000000 2272060800 10: the hash was computed by sha1sum.
    const path = join(runDirectory('leap'), 'leap-seconds.list');
    writeFileSync(
      path,
      '#$ 3900000000\n#@ 4100000000\n2272060800 10 # 1 Jan 1972\n#h 250dcc62 a37b1c7f c13d1111 a1de37e1 49358f1d\n',
    );
    const read = readLeapFile(path, pino({ level: 'silent' }));
    expect(read).toEqual({ entries: [{ atSeconds: 2_272_060_800, taiMinusUtc: 10 }], expirySeconds: 4_100_000_000 });
  });

  it('is doubted once it has expired', () => {
    const list = { entries: [], expirySeconds: 4_100_000_000 };
    expect(leapFileDoubts(null, Date.UTC(2030, 0))).toEqual([]);
    expect(leapFileDoubts(list, Date.UTC(2029, 0))).toEqual([]);
    expect(leapFileDoubts(list, Date.UTC(2030, 0))).toEqual([expect.stringContaining('expired on 2029-12-03')]);
  });
});
