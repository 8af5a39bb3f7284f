import { Command } from 'commander';
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
  check: async () => (await import('./check.ts')).checkCommand(),
  load: async () => (await import('../load/command.ts')).loadCommand(),
  simulate: async () => (await import('../simulate/command.ts')).simulateCommand(),
};

/** The program with the one verb that these arguments ask for, or with all of them when they ask for none. */
export async function program(argv: readonly string[]): Promise<Command> {
  const root = new Command('ntpd-ts')
    .description('An NTP daemon for Linux: serves time, keeps its own clock right, measures other servers.')
    .version(programVersion())
    .showHelpAfterError('(see --help)');
  const asked = argv[0] === 'help' ? argv[1] : argv[0];
  const wanted = asked !== undefined && Object.hasOwn(VERBS, asked) ? [asked] : Object.keys(VERBS);
  for (const verb of wanted) root.addCommand(await (VERBS[verb] as () => Promise<Command>)());
  throwInsteadOfExit(root);
  return root;
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const inner of command.commands) throwInsteadOfExit(inner);
}
