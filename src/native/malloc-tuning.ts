import { loadAddon } from './binding.ts';

interface NativeMallocTuning {
  returnFreedMemory(): void;
}

/**
 * Has malloc give back to the kernel what is freed, from now on and in the whole process. Left to itself it keeps several
 * MiB of each thread that ended, for threads to come.
 */
export function returnFreedMemory(): void {
  loadAddon<NativeMallocTuning>().returnFreedMemory();
}
