import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeDirectory } from '../../../src/daemon/make-directory.ts';
import { runDirectory } from '../../support/directory.ts';

test('makes what is missing, and minds nothing that is there', () => {
  const folder = join(runDirectory('make'), 'a', 'b', 'c');
  makeDirectory(folder);
  makeDirectory(folder);
  expect(statSync(folder).isDirectory()).toBe(true);
  expect(statSync(folder).mode & 0o022).toBe(0);
});

test('fails where nothing can be made: below a file, and where the kernel lets nothing be', () => {
  const file = join(runDirectory('make'), 'file');
  writeFileSync(file, '');
  expect(() => makeDirectory(join(file, 'below'))).toThrow(/ENOTDIR/);
  mkdirSync(`${file}s`);
  expect(() => makeDirectory('/proc/nothing/below')).toThrow(/ENOENT/);
});
