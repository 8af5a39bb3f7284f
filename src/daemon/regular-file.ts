import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';

/**
 * The text of a file that is read while the daemon runs: a pipe or a device, which would keep whoever reads it for as
 * long as it likes, is refused.
 *
 * @param look - is shown the file that is read, whatever its name has come to mean meanwhile; may throw.
 * @throws the system's error, or Error saying what is wrong.
 */
export function readRegularFile(path: string, look: (stats: Stats) => void = () => {}): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile() && !stats.isDirectory()) throw new Error('it is no regular file');
    look(stats);
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}
