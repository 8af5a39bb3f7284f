import { Argument, Command } from 'commander';
import { ControlClient, type ControlFlags, withControlOptions } from './client.ts';

/** `ntpd-ts sources online|offline|refresh [SOURCE]`: switches polling, or resolves names again. */
export function sourcesCommand(): Command {
  return withControlOptions(new Command('sources'))
    .description('switch the polling of sources on or off, or look their names up again')
    .addArgument(new Argument('<action>', 'what to do').choices(['online', 'offline', 'refresh']))
    .argument('[source]', 'address of a source as it is configured; all of them when left out')
    .option('--json', 'print the result as JSON')
    .action(async (action: string, source: string | undefined, flags: ControlFlags & { json?: boolean }) => {
      const body = source === undefined ? { action } : { action, source };
      const result = (await new ControlClient(flags).call('POST', '/sources', body)) as { changed: number };
      const count = `${result.changed} configured ${result.changed === 1 ? 'source' : 'sources'}`;
      const done = action === 'refresh' ? `looking up ${count} again` : `${action}: ${count}`;
      console.log(flags.json ? JSON.stringify({ action, ...result }) : done);
    });
}
