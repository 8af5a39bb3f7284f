import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { SavedHistory } from '../../../src/core/saved-history.ts';
import { StateStore } from '../../../src/daemon/state-store.ts';
import { runDirectory } from '../../support/directory.ts';

function store(path: string | null): { store: StateStore; lines: string[] } {
  const lines: string[] = [];
  const log = pino({ base: null, timestamp: false }, { write: (line: string) => lines.push(line) });
  return { store: new StateStore(path, log), lines };
}

function driftPath(): string {
  return join(runDirectory('state'), 'drift');
}

const HISTORY: SavedHistory = {
  version: 1,
  timescaleId: 'boot',
  timescaleOriginSeconds: 12.5,
  epoch: { seconds: 1, fraction: 2 },
  sources: [
    { address: '192.0.2.1', port: 123, requestedPollLog2Min: 7, burstWallSeconds: null, samples: [[1, 2, 3, 4, 5, 6]] },
  ],
};

describe('kept state', () => {
  it('is read as it was written', () => {
    const { store: kept, lines } = store(driftPath());
    expect(kept.readDrift()).toBeNull();
    expect(kept.readHistory()).toBeNull();
    kept.writeDrift({ frequency: 1e-6, sigma: 1e-8 });
    kept.writeHistory(HISTORY);
    expect(kept.readDrift()).toEqual({ frequency: 1e-6, sigma: 1e-8 });
    expect(kept.readHistory()).toEqual(HISTORY);
    expect(lines).toEqual([]);
  });

  it('is not used, and said so, when it is broken', () => {
    const path = driftPath();
    writeFileSync(path, 'x');
    for (const broken of ['', '{', '{"version":2}', JSON.stringify({ ...HISTORY, sources: [{ address: 1 }] })]) {
      writeFileSync(`${path}.sources.json`, broken);
      const { store: kept, lines } = store(path);
      expect(kept.readDrift()).toBeNull();
      expect(kept.readHistory()).toBeNull();
      expect(lines).toHaveLength(2);
    }
  });

  it('that cannot be written is one line, not one per attempt', () => {
    const { store: kept, lines } = store('/nonexistent/drift');
    for (let i = 0; i < 3; i++) kept.writeDrift({ frequency: 0, sigma: 0 });
    expect(lines).toHaveLength(1);
  });

  it('is none without a drift file', () => {
    const { store: kept } = store(null);
    kept.writeDrift({ frequency: 0, sigma: 0 });
    kept.writeHistory(HISTORY);
    expect(kept.readDrift()).toBeNull();
    expect(kept.readHistory()).toBeNull();
  });
});
