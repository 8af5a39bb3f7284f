import { expect, test } from 'vitest';
import { defaultConfig } from '../../../src/config/load.ts';
import { type TuningPort, tune } from '../../../src/daemon/tuning.ts';

const workers = defaultConfig().workers;

/** A kernel that notes what it is asked for, and refuses what `refused` names. */
function kernel(refused: keyof TuningPort | null = null): TuningPort & { readonly asked: string[] } {
  const asked: string[] = [];
  const ask = (what: keyof TuningPort, detail = ''): void => {
    asked.push(what + detail);
    if (what === refused) throw new Error('EPERM: Operation not permitted');
  };
  return {
    asked,
    lockCode: () => ask('lockCode'),
    probeThreadAffinity: (cpu) => ask('probeThreadAffinity', ` ${cpu}`),
    probeThreadPriority: (priority) => ask('probeThreadPriority', ` ${priority}`),
  };
}

const everything = { ...workers, lockMemory: true, cpuAffinity: [1, 3, 1], priority: 20 };

test('the kernel is asked for nothing that nobody configured', () => {
  const port = kernel();
  tune(workers, port);
  expect(port.asked).toEqual([]);
});

test('the kernel is asked for memory, for every core once, and for the priority', () => {
  const port = kernel();
  tune(everything, port);
  expect(port.asked).toEqual(['lockCode', 'probeThreadAffinity 1', 'probeThreadAffinity 3', 'probeThreadPriority 20']);
});

test.each([
  ['lockCode', 'worker-permission', 77, /lock-memory is refused: EPERM.*CAP_IPC_LOCK/],
  ['probeThreadAffinity', 'worker-core', 78, /cpu-affinity: core 1 is refused: EPERM.*nproc/],
  ['probeThreadPriority', 'worker-permission', 77, /priority is refused: EPERM.*CAP_SYS_NICE/],
] as const)('a refused %s is one line with the cause and the way out', (refused, code, exitCode, message) => {
  const starting = (): void => tune(everything, kernel(refused));
  expect(starting).toThrowError(expect.objectContaining({ code, exitCode }));
  expect(starting).toThrowError(message);
});
