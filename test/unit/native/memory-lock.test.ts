import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { lockBuffer, lockCode } from '../../../src/native/memory-lock.ts';

const lockedOctets = (): number =>
  1024 * Number(/^VmLck:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);

test('a buffer that is locked counts as locked, an empty one cannot be', () => {
  const before = lockedOctets();
  const buffer = new ArrayBuffer(16 * 1024);
  expect(lockBuffer(buffer)).toBe(true);
  expect(lockedOctets() - before).toBeGreaterThanOrEqual(buffer.byteLength);
  expect(lockBuffer(new ArrayBuffer(0))).toBe(false);
});

test('the code is locked, or the reason is named', () => {
  try {
    lockCode();
  } catch (error) {
    // By the limit's being zero, or too small.
    expect(['EPERM', 'ENOMEM']).toContain((error as NodeJS.ErrnoException).code);
    expect(error).toMatchObject({ syscall: 'mlock2' });
    return;
  }
  expect(lockedOctets()).toBeGreaterThan(10_000_000);
});
