import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { replaceFile } from '../../../src/daemon/atomic-file.ts';
import { runDirectory } from '../../support/directory.ts';

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
});
