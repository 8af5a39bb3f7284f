import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made = new Set<string>();
process.on('exit', removeDirectories);

/** Removes all directories that were made. Tests' processes are ended without an exit: see leave-nothing.ts. */
export function removeDirectories(): void {
  for (const directory of made) rmSync(directory, { recursive: true, force: true });
  made.clear();
}

/** A directory of its own for a test's or a daemon's files, removed in the end; chronyd insists on the mode. */
export function runDirectory(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `ntpd-ts-${name}-`));
  chmodSync(directory, 0o750);
  made.add(directory);
  return directory;
}
