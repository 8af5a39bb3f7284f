import { loadAddon } from './binding.ts';

interface NativeThreadTuning {
  setThreadAffinity(cpu: number): void;
  setThreadPriority(priority: number): void;
  lockMemory(): void;
}

/** Pins the calling thread to one core. @throws SystemError when there is no such core or it is not ours. */
export function setThreadAffinity(cpu: number): void {
  loadAddon<NativeThreadTuning>().setThreadAffinity(cpu);
}

/** Real-time round robin at `priority` (1–99) for the calling thread; needs CAP_SYS_NICE. */
export function setThreadPriority(priority: number): void {
  loadAddon<NativeThreadTuning>().setThreadPriority(priority);
}

/** Keeps the process in memory; needs CAP_IPC_LOCK or a limit that allows it. */
export function lockMemory(): void {
  loadAddon<NativeThreadTuning>().lockMemory();
}
