import { setTimeout as sleep } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import { ControlClient, type ControlFlags, withControlOptions } from './client.ts';
import { formatStatus } from './status-report.ts';

interface StatusFlags extends ControlFlags {
  readonly json?: boolean;
  readonly watch?: number | true;
}

const WATCH_SECONDS = 1;
const CLEAR_SCREEN = '\x1b[H\x1b[2J';

/** `ntpd-ts status`: the clock, the sources and the server, as a table, as JSON, or over and over. */
export function statusCommand(): Command {
  return withControlOptions(new Command('status'))
    .description('show the state of the clock, of every source and of the server')
    .option('--json', 'print it as JSON')
    .option('--watch [seconds]', 'show it again every second, or as often as said', interval)
    .action(async (flags: StatusFlags) => {
      const client = new ControlClient(flags);
      for (;;) {
        const status = await client.status();
        const text = flags.json
          ? JSON.stringify(status, null, flags.watch === undefined ? 2 : 0)
          : formatStatus(status);
        const redraw = flags.watch !== undefined && process.stdout.isTTY === true && !flags.json;
        process.stdout.write(`${redraw ? CLEAR_SCREEN : ''}${text}\n`);
        if (flags.watch === undefined) return;
        await sleep((flags.watch === true ? WATCH_SECONDS : flags.watch) * 1000);
      }
    });
}

function interval(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0.1 && value <= 86_400) return value;
  throw new InvalidArgumentError('expected a number of seconds from 0.1 to 86400.');
}
