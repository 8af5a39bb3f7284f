import { networkInterfaces } from 'node:os';
import { describe, it } from 'vitest';
import { type PeerName, peerPrograms } from './peers.ts';
import { hasCommand } from './run.ts';

/** What a group of tests cannot do without. */
export interface Requirement {
  /** Namespaces and capabilities. */
  readonly root?: boolean;
  readonly commands?: readonly string[];
  /** That loopback has ::1. */
  readonly ipv6?: boolean;
  readonly peers?: readonly PeerName[];
}

/** What becomes of a group: it runs, is skipped for a reason, or fails for one. */
export type Verdict = 'run' | { readonly skip: string } | { readonly fail: string };

/**
 * Groups tests that need more than Node. Where root is missing they are skipped loudly; where a program or IPv6 is
 * missing they are skipped loudly too, except in CI (CI=true), where that is a failure.
 */
export async function describeWith(needs: Requirement, name: string, tests: () => void): Promise<void> {
  const verdict = await judge(needs, { root: process.getuid?.() === 0, ci: process.env['CI'] === 'true' });
  if (verdict === 'run') {
    describe(name, tests);
  } else if ('skip' in verdict) {
    console.warn(`SKIPPED: ${name}: ${verdict.skip}`);
    describe.skip(`${name} (${verdict.skip})`, tests);
  } else {
    describe(name, () => {
      it('has what it needs', () => {
        throw new Error(verdict.fail);
      });
    });
  }
}

/** What becomes of tests with these needs. @param given - whether this is root, and CI. */
export async function judge(needs: Requirement, given: { root: boolean; ci: boolean }): Promise<Verdict> {
  if (needs.root === true && !given.root) return { skip: 'needs root' };
  const lacking = await firstLacking(needs);
  if (lacking === undefined) return 'run';
  return given.ci ? { fail: lacking } : { skip: lacking };
}

async function firstLacking(needs: Requirement): Promise<string | undefined> {
  const programs = needs.root === true ? ['ip', 'setpriv', ...(needs.commands ?? [])] : (needs.commands ?? []);
  const command = programs.find((candidate) => !hasCommand(candidate));
  if (command !== undefined) return `the command ${command} is missing`;
  if (needs.ipv6 === true && !hasIpv6()) return 'loopback has no IPv6 address';
  for (const peer of needs.peers ?? []) {
    try {
      await peerPrograms(peer);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
  return undefined;
}

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));
}
