import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import type { SymmetricKey } from '../../../src/core/server/symmetric-key.ts';
import { checkSourceKeys, readKeys } from '../../../src/daemon/key-file-reader.ts';
import { OperatorError } from '../../../src/errors.ts';
import { runDirectory } from '../../support/directory.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = runDirectory('keys');
  file = join(folder, 'keys');
  writeFileSync(file, '1 SHA1 HEX:0102030405060708090a\n2 MD5 short\n', { mode: 0o600 });
});

test('a file that only its owner can read gives its keys, with doubts about weak ones', () => {
  const { keys, warnings } = readKeys({ file, format: null });
  expect(keys.map(({ id }) => id)).toEqual([1, 2]);
  expect(warnings).toEqual([expect.stringContaining('key 2 has only 40 bits')]);
});

test('no file is no keys', () => {
  expect(readKeys({ file: null, format: null })).toEqual({ keys: [], warnings: [] });
});

test.each([0o644, 0o604, 0o620, 0o666])('mode %o is refused, and the message says what to do', (mode) => {
  chmodSync(file, mode);
  expect(() => readKeys({ file, format: null })).toThrow(/chmod/);
});

test('a group may read it', () => {
  chmodSync(file, 0o640);
  expect(readKeys({ file, format: null }).keys).toHaveLength(2);
});

test('what is wrong is said with file and line, without the key', () => {
  writeFileSync(file, '1 SHA1 HEX:0102secret\n');
  try {
    readKeys({ file, format: null });
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(OperatorError);
    expect((error as Error).message).toContain(`${file}: line 1`);
    expect((error as Error).message).not.toContain('secret');
  }
  expect(() => readKeys({ file: join(folder, 'none'), format: null })).toThrow(
    /none: the key file cannot be read: there is no such file; see \[keys\] file/,
  );
  expect(() => readKeys({ file: folder, format: null })).toThrow(/lets others in|it is a directory/);
});

test('a source whose key is not there is named, and what to do', () => {
  const source = '[[source]]\nmode = "server"\naddress = "a.example"\nkey = 3\n';
  const config = parseConfig(`${source}[keys]\nfile = "${file}"\n`, 'test');
  const { keys } = readKeys(config.keys);
  expect(() => checkSourceKeys(config, keys)).toThrow(
    /a\.example is to use key 3, which is not in .*; add it there, or/,
  );
  expect(() => checkSourceKeys(config, [{ ...keys[0], id: 3 } as SymmetricKey])).not.toThrow();
});
