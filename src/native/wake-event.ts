import { loadAddon } from './binding.ts';

interface NativeWakeEvent {
  openWakeEvent(): number;
  signalWakeEvent(fd: number): void;
}

/** Opens an eventfd that ends a worker's wait; the caller closes it with closeSocket. */
export function openWakeEvent(): number {
  return loadAddon<NativeWakeEvent>().openWakeEvent();
}

export function signalWakeEvent(fd: number): void {
  loadAddon<NativeWakeEvent>().signalWakeEvent(fd);
}
