import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { fileURLToPath } from 'node:url';

/** What a figure depends on besides the program: kept with every result. */
export interface Machine {
  readonly commit: string;
  /** Whether the tree had changes that are in no commit. */
  readonly modified: boolean;
  readonly kernel: string;
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  readonly nic: string;
  readonly mitigations: string;
  readonly flags: readonly string[];
  readonly at: string;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Describes this machine and this checkout; `nic` says what the packets crossed. */
export function describeMachine(nic: string): Machine {
  const processors = cpus();
  return {
    commit: git('rev-parse', '--short=12', 'HEAD') || 'unknown',
    modified: git('status', '--porcelain', '--', ':!bench/results', ':!README.md') !== '',
    kernel: release(),
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    node: process.version,
    nic,
    mitigations: read('/sys/devices/system/cpu/vulnerabilities/spectre_v2'),
    flags: process.argv.slice(2),
    at: new Date().toISOString(),
  };
}

function git(...args: string[]): string {
  try {
    return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
