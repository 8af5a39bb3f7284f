#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { EXIT, OperatorError } from '../errors.ts';
import { programVersion } from '../version.ts';

/** The verbs, loaded when they are asked for. */
const VERBS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.ts')).serveCommand(),
  query: async () => (await import('../control/query.ts')).queryCommand(),
  status: async () => (await import('../control/status.ts')).statusCommand(),
  waitsync: async () => (await import('../control/waitsync.ts')).waitsyncCommand(),
  'force-sync': async () => (await import('../control/force-sync.ts')).forceSyncCommand(),
  sources: async () => (await import('../control/sources.ts')).sourcesCommand(),
  reload: async () => (await import('../control/reload.ts')).reloadCommand(),
  check: async () => (await import('../control/check.ts')).checkCommand(),
  load: async () => (await import('../load/command.ts')).loadCommand(),
};

async function program(argv: readonly string[]): Promise<Command> {
  const root = new Command('ntpd-ts')
    .description('An NTP daemon for Linux: serves time, keeps its own clock right, measures other servers.')
    .version(programVersion())
    .showHelpAfterError('(see --help)');
  const asked = argv[0] === 'help' ? argv[1] : argv[0];
  const wanted = asked !== undefined && Object.hasOwn(VERBS, asked) ? [asked] : Object.keys(VERBS);
  for (const verb of wanted) root.addCommand(await (VERBS[verb] as () => Promise<Command>)());
  for (const command of [root, ...root.commands]) command.exitOverride();
  return root;
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

// Whoever reads our output may stop reading it: "ntpd-ts status --watch | head".
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  throw error;
});

try {
  const argv = process.argv.slice(2);
  await (await program(argv)).parseAsync(argv, { from: 'user' });
} catch (error) {
  process.exitCode = exitCodeOf(error);
}
