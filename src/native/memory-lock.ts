import { loadAddon } from './binding.ts';

interface NativeMemoryLock {
  lockCode(): void;
  lockBuffer(octets: Uint8Array): boolean;
}

/**
 * Keeps the code of the program, its libraries and the addon in memory.
 *
 * @throws an Error with `code` and `syscall`: it needs CAP_IPC_LOCK, or a limit that allows it.
 */
export function lockCode(): void {
  loadAddon<NativeMemoryLock>().lockCode();
}

/** Keeps a buffer in memory until it is freed. @returns whether the kernel granted it. */
export function lockBuffer(buffer: ArrayBufferLike): boolean {
  return buffer.byteLength > 0 && loadAddon<NativeMemoryLock>().lockBuffer(new Uint8Array(buffer));
}
