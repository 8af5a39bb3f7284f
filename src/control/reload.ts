import { Command } from 'commander';
import { ControlClient, type ControlFlags, withControlOptions } from './client.ts';

/** `ntpd-ts reload`: has the daemon read its configuration again. */
export function reloadCommand(): Command {
  return withControlOptions(new Command('reload'))
    .description('have the daemon read its configuration again; a bad file changes nothing and says why')
    .option('--json', 'print the result as JSON')
    .action(async (flags: ControlFlags & { json?: boolean }) => {
      const { changes } = (await new ControlClient(flags).call('POST', '/reload')) as { changes: string[] };
      if (flags.json) console.log(JSON.stringify({ changes }));
      else console.log(changes.length === 0 ? 'nothing has changed' : changes.join('\n'));
    });
}
