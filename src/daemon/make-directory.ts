import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory and those above it, as far as they are missing. (Node's own recursive mkdir goes round for ever
 * where the kernel says of a directory that is there that it is not, as in /proc.)
 *
 * @throws the system's error.
 */
export function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  makeDirectory(dirname(path));
  try {
    mkdirSync(path, 0o755);
  } catch (cause) {
    // Another may have been quicker.
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
  }
}
