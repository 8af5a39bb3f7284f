import { describe, it } from 'vitest';
import { type PeerName, peerPrograms } from './peers.ts';
import { hasCommand } from './run.ts';

/** What a group of tests cannot do without. */
export interface Requirement {
  /** Namespaces and capabilities. */
  readonly root?: boolean;
  readonly commands?: readonly string[];
  readonly peers?: readonly PeerName[];
}

/**
 * Groups tests that need more than Node. Where root is missing they are skipped loudly; where a program is
 * missing they are skipped loudly too, except in CI (CI=true), where that is a failure.
 */
export async function describeWith(needs: Requirement, name: string, tests: () => void): Promise<void> {
  if (needs.root === true && process.getuid?.() !== 0) return skip(name, 'needs root', tests);
  const lacking = await firstLacking(needs);
  if (lacking === undefined) {
    describe(name, tests);
    return;
  }
  if (process.env['CI'] !== 'true') return skip(name, lacking, tests);
  describe(name, () => {
    it('has what it needs', () => {
      throw new Error(lacking);
    });
  });
}

function skip(name: string, reason: string, tests: () => void): void {
  console.warn(`SKIPPED: ${name}: ${reason}`);
  describe.skip(`${name} (${reason})`, tests);
}

async function firstLacking(needs: Requirement): Promise<string | undefined> {
  const programs = needs.root === true ? ['ip', 'setpriv', ...(needs.commands ?? [])] : (needs.commands ?? []);
  const command = programs.find((candidate) => !hasCommand(candidate));
  if (command !== undefined) return `the command ${command} is missing`;
  for (const peer of needs.peers ?? []) {
    try {
      await peerPrograms(peer);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
  return undefined;
}
