#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { EXIT, OperatorError } from '../errors.ts';

/** The verbs, loaded when they are asked for. */
const VERBS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.ts')).serveCommand(),
  query: async () => (await import('../control/query.ts')).queryCommand(),
  check: async () => (await import('../control/check.ts')).checkCommand(),
  load: async () => (await import('../load/command.ts')).loadCommand(),
};

async function program(argv: readonly string[]): Promise<Command> {
  const root = new Command('ntpd-ts')
    .description('An NTP daemon for Linux: serves time, keeps its own clock right, measures other servers.')
    .version(version())
    .showHelpAfterError('(see --help)');
  const asked = argv[0] === 'help' ? argv[1] : argv[0];
  const wanted = asked !== undefined && Object.hasOwn(VERBS, asked) ? [asked] : Object.keys(VERBS);
  for (const verb of wanted) root.addCommand(await (VERBS[verb] as () => Promise<Command>)());
  for (const command of [root, ...root.commands]) command.exitOverride();
  return root;
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Commander has printed its message already; ours is one line. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof OperatorError) {
    console.error(`ntpd-ts: ${error.message}`);
    return error.exitCode;
  }
  if (/^E[MN]FILE$/.test((error as NodeJS.ErrnoException).code ?? '')) {
    return exitCodeOf(
      new OperatorError(
        'too-few-descriptors',
        'too few file descriptors; raise "ulimit -n" (LimitNOFILE= of the unit)',
      ),
    );
  }
  console.error('ntpd-ts: a fault of the program itself:', error);
  return EXIT.software;
}

try {
  const argv = process.argv.slice(2);
  await (await program(argv)).parseAsync(argv, { from: 'user' });
} catch (error) {
  process.exitCode = exitCodeOf(error);
}
