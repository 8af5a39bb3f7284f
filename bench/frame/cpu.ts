import { readdirSync, readFileSync } from 'node:fs';

/** Processor time so far, seconds. The kernel samples it at its tick, so short spans are coarse. */
export interface CpuTimes {
  /** User and system time of the watched processes. */
  readonly user: number;
  readonly system: number;
  /** Time that each core spent in software interrupts, whosever packets they were. */
  readonly softirq: readonly number[];
}

const TICKS_PER_SECOND = 100;

/** Times of `pid` (and its children) and of the cores' software interrupts. */
export function readCpu(pid: number): CpuTimes {
  let user = 0;
  let system = 0;
  for (const watched of [pid, ...childrenOf(pid)]) {
    const fields = read(`/proc/${watched}/stat`)
      .replace(/^.*\) /, '')
      .split(' ');
    user += Number(fields[11] ?? 0) / TICKS_PER_SECOND;
    system += Number(fields[12] ?? 0) / TICKS_PER_SECOND;
  }
  const softirq = [...read('/proc/stat').matchAll(/^cpu\d+ (.*)$/gm)].map(
    (match) => Number(match[1]?.split(' ')[6] ?? 0) / TICKS_PER_SECOND,
  );
  return { user, system, softirq };
}

/** What passed between two readings. */
export function cpuBetween(before: CpuTimes, after: CpuTimes): CpuTimes {
  return {
    user: after.user - before.user,
    system: after.system - before.system,
    softirq: after.softirq.map((value, core) => value - (before.softirq[core] ?? 0)),
  };
}

/** Resident memory of `pid` in octets, now and at its highest. */
export function readMemory(pid: number): { residentOctets: number; peakOctets: number } {
  const status = read(`/proc/${pid}/status`);
  const kilobytes = (key: string): number => Number(new RegExp(`^${key}:\\s*(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
  return { residentOctets: kilobytes('VmRSS') * 1024, peakOctets: kilobytes('VmHWM') * 1024 };
}

/** How many descriptors `pid` holds open. */
export function countDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

function childrenOf(pid: number): number[] {
  return read(`/proc/${pid}/task/${pid}/children`).trim().split(' ').filter(Boolean).map(Number);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
