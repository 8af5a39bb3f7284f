import { loadAddon } from './binding.ts';

interface NativeThreadTuning {
  setThreadAffinity(cpu: number): void;
  setThreadPriority(priority: number): void;
  probeThreadAffinity(cpu: number): void;
  probeThreadPriority(priority: number): void;
}

/** Pins the calling thread to one core. @throws SystemError when there is no such core or it is not ours. */
export function setThreadAffinity(cpu: number): void {
  loadAddon<NativeThreadTuning>().setThreadAffinity(cpu);
}

/** Real-time round robin at `priority` (1–99) for the calling thread; needs CAP_SYS_NICE. */
export function setThreadPriority(priority: number): void {
  loadAddon<NativeThreadTuning>().setThreadPriority(priority);
}

/** Throws what `setThreadAffinity` would, and changes nothing: for the start to find out before a worker does. */
export function probeThreadAffinity(cpu: number): void {
  loadAddon<NativeThreadTuning>().probeThreadAffinity(cpu);
}

/** Throws what `setThreadPriority` would, and changes nothing. */
export function probeThreadPriority(priority: number): void {
  loadAddon<NativeThreadTuning>().probeThreadPriority(priority);
}
