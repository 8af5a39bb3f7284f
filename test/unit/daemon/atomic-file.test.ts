import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { replaceFile } from '../../../src/daemon/atomic-file.ts';
import { runDirectory } from '../../support/directory.ts';
import { run } from '../../support/run.ts';

describe('replacing a file', () => {
  it('leaves the new text and nothing beside it', () => {
    const folder = runDirectory('atomic');
    replaceFile(join(folder, 'drift'), 'old\n');
    replaceFile(join(folder, 'drift'), 'new\n');
    expect(readFileSync(join(folder, 'drift'), 'utf8')).toBe('new\n');
    expect(readdirSync(folder)).toEqual(['drift']);
  });

  it('says why it could not, and leaves nothing behind', () => {
    expect(() => replaceFile('/nonexistent/drift', 'x')).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    const folder = runDirectory('atomic');
    expect(() => replaceFile(folder, 'x')).toThrow();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leaves the old file where only a part of the new one can be written', async () => {
    const path = join(runDirectory('atomic'), 'drift');
    writeFileSync(path, 'old\n');
    // A limit on the size of files is met as a full disk is: a part is taken, the rest refused.
    const module = fileURLToPath(new URL('../../../src/daemon/atomic-file.ts', import.meta.url));
    const script = `const { replaceFile } = await import(process.argv[1]);
      try { replaceFile(process.argv[2], 'new'.repeat(1000)); } catch (error) { console.log(error.code); }`;
    const limited = ['sh', '-c', 'ulimit -f 1; exec "$0" "$@"', process.execPath];
    const done = await run([...limited, '--import', 'tsx', '--input-type=module', '-e', script, module, path]);
    expect([done.stdout, done.stderr]).toEqual(['EFBIG\n', '']);
    expect(readFileSync(path, 'utf8')).toBe('old\n');
  });
});
