import { readFileSync } from 'node:fs';

/** Bit numbers of the capabilities that this program can use (capabilities(7)). */
export const CAPABILITIES = {
  CAP_NET_BIND_SERVICE: 10,
  CAP_NET_ADMIN: 12,
  CAP_NET_RAW: 13,
  CAP_IPC_LOCK: 14,
  CAP_SYS_NICE: 23,
  CAP_SYS_TIME: 25,
  CAP_BPF: 39,
} as const;

export type Capability = keyof typeof CAPABILITIES;

/** Whether a capability is in the effective set that the text of /proc/PID/status shows. */
export function capabilityIn(status: string, capability: Capability): boolean {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  if (mask === undefined) return false;
  return ((BigInt(`0x${mask}`) >> BigInt(CAPABILITIES[capability])) & 1n) === 1n;
}

/** Whether this process has a capability now. */
export function hasCapability(capability: Capability): boolean {
  return capabilityIn(readFileSync('/proc/self/status', 'utf8'), capability);
}
