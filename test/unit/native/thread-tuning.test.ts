import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { setThreadAffinity, setThreadPriority } from '../../../src/native/thread-tuning.ts';

const status = (): string => readFileSync('/proc/thread-self/status', 'utf8');
const allowed = (): string => /^Cpus_allowed_list:\s*(\S+)$/m.exec(status())?.[1] as string;

test('a core that there is not is refused with its name', () => {
  expect(() => setThreadAffinity(1023)).toThrowError(expect.objectContaining({ code: 'EINVAL' }));
});

test('a thread keeps to the core it was given', () => {
  const first = Number(/^\d+/.exec(allowed())?.[0]);
  setThreadAffinity(first);
  expect(allowed()).toBe(String(first));
});

test('a priority outside of 1 to 99 is refused', () => {
  for (const priority of [0, 100, -1]) expect(() => setThreadPriority(priority)).toThrow();
});
