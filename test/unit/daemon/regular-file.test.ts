import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readRegularFile } from '../../../src/daemon/regular-file.ts';
import { runDirectory } from '../../support/directory.ts';

test('a file is read if it looks right', () => {
  const path = join(runDirectory('regular'), 'file');
  writeFileSync(path, 'text');
  expect(readRegularFile(path)).toBe('text');
  const look = ({ size }: { size: number }): void => {
    throw new RangeError(`${size} octets`);
  };
  expect(() => readRegularFile(path, look)).toThrow(new RangeError('4 octets'));
});

test('what would keep its reader is refused, and what is no file', () => {
  const folder = runDirectory('regular');
  const pipe = join(folder, 'pipe');
  expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
  expect(() => readRegularFile(pipe)).toThrow('it is no regular file');
  expect(() => readRegularFile('/dev/zero')).toThrow('it is no regular file');
  expect(() => readRegularFile(folder)).toThrow(expect.objectContaining({ code: 'EISDIR' }));
  expect(() => readRegularFile(join(folder, 'none'))).toThrow(expect.objectContaining({ code: 'ENOENT' }));
});
