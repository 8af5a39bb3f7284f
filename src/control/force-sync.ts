import { Command } from 'commander';
import { ControlClient, type ControlFlags, withControlOptions } from './client.ts';

/** `ntpd-ts force-sync`: has the daemon step its clock to the best estimate at once. */
export function forceSyncCommand(): Command {
  return withControlOptions(new Command('force-sync'))
    .description('step the clock to the best estimate at once, below any step threshold too')
    .option('--json', 'print the result as JSON')
    .action(async (flags: ControlFlags & { json?: boolean }) => {
      const { done } = (await new ControlClient(flags).call('POST', '/force-sync')) as { done: string };
      console.log(flags.json ? JSON.stringify({ done }) : done);
    });
}
