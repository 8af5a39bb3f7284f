import { describe, expect, it } from 'vitest';
import { program } from '../../../src/daemon/verbs.ts';

const VERBS = ['serve', 'query', 'status', 'waitsync', 'force-sync', 'sources', 'reload', 'check', 'load', 'simulate'];

describe('the verbs', () => {
  it('are all there when none, or an unknown one, is asked for', async () => {
    for (const argv of [[], ['--help'], ['help'], ['unknown']]) {
      expect((await program(argv)).commands.map((verb) => verb.name())).toEqual(VERBS);
    }
  });

  it('are loaded one at a time when one is asked for', async () => {
    expect((await program(['check', 'x'])).commands.map((verb) => verb.name())).toEqual(['check']);
    expect((await program(['help', 'query'])).commands.map((verb) => verb.name())).toEqual(['query']);
  });

  it('all say what they do, and print JSON when asked, but for the one that serves', async () => {
    for (const verb of (await program([])).commands) {
      expect(verb.description()).not.toBe('');
      if (verb.name() !== 'serve') expect(verb.options.map(({ long }) => long)).toContain('--json');
    }
  });
});
