import { Command } from 'commander';
import { ControlClient, type ControlFlags, withControlOptions } from './client.ts';

/** Long lists take a while to read, on a busy machine above all. */
const TIMEOUT_MS = 60_000;

/** `ntpd-ts reload`: has the daemon read its configuration again. */
export function reloadCommand(): Command {
  return withControlOptions(new Command('reload'))
    .description('have the daemon read its configuration again; a bad file changes nothing and says why')
    .option('--json', 'print the result as JSON')
    .action(async (flags: ControlFlags & { json?: boolean }) => {
      const { changes } = (await new ControlClient(flags).call('POST', '/reload', undefined, TIMEOUT_MS)) as {
        changes: string[];
      };
      if (flags.json) console.log(JSON.stringify({ changes }));
      else console.log(changes.length === 0 ? 'nothing has changed' : changes.join('\n'));
    });
}
