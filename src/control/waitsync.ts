import { setTimeout as sleep } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import type { DaemonStatus } from '../daemon/status.ts';
import { OperatorError } from '../errors.ts';
import { ControlClient, type ControlFlags, withControlOptions } from './client.ts';
import { formatSeconds } from './table.ts';

interface WaitFlags extends ControlFlags {
  readonly maxError: number;
  readonly timeout: number;
  readonly json?: boolean;
}

const POLL_MS = 500;

/** `ntpd-ts waitsync`: waits until the daemon's clock is synchronised well enough. */
export function waitsyncCommand(): Command {
  return withControlOptions(new Command('waitsync'))
    .description('wait until the clock is synchronised; exits 69 when that takes too long')
    .option('--max-error <seconds>', 'and until its error is at most this', positive, Number.POSITIVE_INFINITY)
    .option(
      '--timeout <seconds>',
      'give up after this; waits for ever when left out',
      positive,
      Number.POSITIVE_INFINITY,
    )
    .option('--json', 'print the state as JSON')
    .action(wait);
}

function positive(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0) return value;
  throw new InvalidArgumentError('expected a number above 0.');
}

async function wait(flags: WaitFlags): Promise<void> {
  const client = new ControlClient(flags);
  const deadlineMs = performance.now() + flags.timeout * 1000;
  for (;;) {
    const outcome = await ask(client);
    if (!(outcome instanceof OperatorError) && isGoodEnough(outcome, flags.maxError)) {
      console.log(flags.json ? JSON.stringify(outcome.synchronization?.clock) : describe(outcome));
      return;
    }
    if (performance.now() + POLL_MS > deadlineMs) {
      if (outcome instanceof OperatorError) throw outcome;
      throw new OperatorError('not-synchronised', `not synchronised after ${flags.timeout} s: ${describe(outcome)}`);
    }
    await sleep(POLL_MS);
  }
}

/** The status, or the reason why there is none: the daemon may be about to start. */
async function ask(client: ControlClient): Promise<DaemonStatus | OperatorError> {
  try {
    return await client.status();
  } catch (error) {
    if (error instanceof OperatorError && error.code === 'daemon-not-running') return error;
    throw error;
  }
}

function isGoodEnough({ synchronization }: DaemonStatus, maxErrorSeconds: number): boolean {
  const clock = synchronization?.clock;
  return clock?.state === 'synchronised' && (clock.maximumErrorSeconds ?? Number.POSITIVE_INFINITY) <= maxErrorSeconds;
}

function describe({ synchronization }: DaemonStatus): string {
  if (synchronization === null) return 'no source is configured';
  const { state, reason, maximumErrorSeconds } = synchronization.clock;
  const error = maximumErrorSeconds === null ? '' : `, wrong by at most ${formatSeconds(maximumErrorSeconds)}`;
  return `${state}${error}${reason === '' ? '' : ` (${reason})`}`;
}
