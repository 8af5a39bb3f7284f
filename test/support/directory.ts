import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made = new Set<string>();
process.on('exit', () => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true });
});

/** A directory of its own for one daemon's files, removed with this process; chronyd insists on the mode. */
export function runDirectory(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `ntpd-ts-${name}-`));
  chmodSync(directory, 0o750);
  made.add(directory);
  return directory;
}
