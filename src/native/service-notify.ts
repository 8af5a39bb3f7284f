import { loadAddon } from './binding.ts';

interface NativeServiceNotify {
  serviceNotify(path: string, text: string): number;
}

/** Sends one datagram to the service manager's socket. @returns 0 or −errno. */
export function serviceNotify(path: string, text: string): number {
  return loadAddon<NativeServiceNotify>().serviceNotify(path, text);
}
