import { setTimeout as sleep } from 'node:timers/promises';
import { Argument, Command, InvalidArgumentError } from 'commander';
import type { TalkerReport } from '../core/server/top-talkers.ts';
import { ControlClient, type ControlFlags, withControlOptions } from './client.ts';
import { formatTalkers } from './clients-report.ts';
import { formatStatus } from './status-report.ts';

interface StatusFlags extends ControlFlags {
  readonly json?: boolean;
  readonly watch?: number | true;
  readonly limit: number;
}

const WATCH_SECONDS = 1;
const CLEAR_SCREEN = '\x1b[H\x1b[2J';

/** `ntpd-ts status`: the clock, the sources and the server, as a table, as JSON, or over and over. */
export function statusCommand(): Command {
  return withControlOptions(new Command('status'))
    .description('show the state of the clock, of every source and of the server, or who asks most')
    .addArgument(new Argument('[what]', 'clients: the addresses and prefixes that ask most').choices(['clients']))
    .option('--json', 'print it as JSON')
    .option('--watch [seconds]', 'show it again every second, or as often as said', interval)
    .option('--limit <n>', 'clients: how many to show', count, 20)
    .action(async (what: 'clients' | undefined, flags: StatusFlags) => {
      const client = new ControlClient(flags);
      for (;;) {
        const spaces = flags.watch === undefined ? 2 : 0;
        const text = await (what === 'clients'
          ? showClients(client, flags, spaces)
          : showStatus(client, flags, spaces));
        const redraw = flags.watch !== undefined && process.stdout.isTTY === true && !flags.json;
        process.stdout.write(`${redraw ? CLEAR_SCREEN : ''}${text}\n`);
        if (flags.watch === undefined) return;
        await sleep((flags.watch === true ? WATCH_SECONDS : flags.watch) * 1000);
      }
    });
}

async function showStatus(client: ControlClient, { json }: StatusFlags, spaces: number): Promise<string> {
  const status = await client.status();
  return json ? JSON.stringify(status, null, spaces) : formatStatus(status);
}

async function showClients(client: ControlClient, { json, limit }: StatusFlags, spaces: number): Promise<string> {
  const report = (await client.call('GET', `/clients?limit=${limit}`)) as TalkerReport;
  return json ? JSON.stringify(report, null, spaces) : formatTalkers(report);
}

function count(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= 999) return value;
  throw new InvalidArgumentError('expected a whole number from 1 to 999.');
}

function interval(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0.1 && value <= 86_400) return value;
  throw new InvalidArgumentError('expected a number of seconds from 0.1 to 86400.');
}
