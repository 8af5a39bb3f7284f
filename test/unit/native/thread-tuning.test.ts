import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  probeThreadAffinity,
  probeThreadPriority,
  setThreadAffinity,
  setThreadPriority,
} from '../../../src/native/thread-tuning.ts';

const status = (): string => readFileSync('/proc/thread-self/status', 'utf8');
const allowed = (): string => /^Cpus_allowed_list:\s*(\S+)$/m.exec(status())?.[1] as string;

test('a core that there is not is refused with its name', () => {
  expect(() => setThreadAffinity(1023)).toThrowError(expect.objectContaining({ code: 'EINVAL' }));
});

test('asking whether a core may be had leaves the thread where it may run', () => {
  const before = allowed();
  probeThreadAffinity(Number(/^\d+/.exec(before)?.[0]));
  expect(() => probeThreadAffinity(1023)).toThrowError(expect.objectContaining({ code: 'EINVAL' }));
  expect(allowed()).toBe(before);
});

test('asking whether a priority may be had leaves the thread as it is scheduled', () => {
  const scheduling = (): string => readFileSync('/proc/thread-self/stat', 'utf8').split(' ').slice(39, 41).join(' ');
  const before = scheduling();
  try {
    probeThreadPriority(1);
  } catch (error) {
    expect(error).toMatchObject({ code: 'EPERM', syscall: 'sched_setscheduler' });
  }
  expect(() => probeThreadPriority(100)).toThrowError(expect.objectContaining({ code: 'EINVAL' }));
  expect(scheduling()).toBe(before);
});

test('a thread keeps to the core it was given', () => {
  const first = Number(/^\d+/.exec(allowed())?.[0]);
  setThreadAffinity(first);
  expect(allowed()).toBe(String(first));
});

test('a priority outside of 1 to 99 is refused', () => {
  for (const priority of [0, 100, -1]) expect(() => setThreadPriority(priority)).toThrow();
});
