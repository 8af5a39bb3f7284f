import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { whyUnreadable } from '../../../src/config/unreadable.ts';

test.each([
  ['/nonexistent', 'there is no such file'],
  ['/', 'it is a directory'],
  ['/dev/null/below', expect.stringContaining('ENOTDIR')],
])('reading %s fails in words', (path, reason) => {
  try {
    readFileSync(path);
    expect.unreachable();
  } catch (cause) {
    expect(whyUnreadable(cause)).toEqual(reason);
  }
});
