import { setTimeout as sleep } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import { EXIT, OperatorError } from '../errors.ts';
import { ClientSockets } from '../native/client-socket.ts';
import { clockPrecisionLog2 } from '../native/clock-sample.ts';
import { LocalTimescale } from '../native/local-timescale.ts';
import { describeResult, formatResults, jsonResult } from './query-report.ts';
import { type QueryOptions, type QueryResult, query } from './query-run.ts';
import { readTarget, resolveTarget } from './query-target.ts';

interface QueryFlags {
  readonly samples: number;
  readonly interval: number;
  readonly timeout: number;
  readonly ntpVersion: number;
  readonly '4'?: boolean;
  readonly '6'?: boolean;
  readonly json?: boolean;
}

/** The kernel stamps received packets from a moment after the first socket has asked for it. */
const STAMPING_STARTS_MS = 20;

/** `ntpd-ts query HOST[:PORT]…`: measures servers once and never touches a clock. */
export function queryCommand(): Command {
  return new Command('query')
    .description('ask servers for the time and show how far the local clock is off; changes nothing')
    .argument('<host[:port]...>', 'servers to ask; port 123 unless given, [ADDRESS]:PORT for IPv6')
    .option('-n, --samples <n>', 'requests per server', between(1, 16, true), 4)
    .option('-i, --interval <seconds>', 'pause between requests to one server', between(0.1, 60, false), 0.2)
    .option('-t, --timeout <seconds>', 'how long to wait for each reply', between(0.01, 60, false), 1)
    .option('--ntp-version <n>', 'NTP version of the requests', between(1, 4, true), 4)
    .option('-4', 'use IPv4 only')
    .option('-6', 'use IPv6 only')
    .option('--json', 'print the results as JSON')
    .action(run);
}

function between(min: number, max: number, whole: boolean): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
    throw new InvalidArgumentError(`expected a ${whole ? 'whole ' : ''}number from ${min} to ${max}.`);
  };
}

async function run(hosts: readonly string[], flags: QueryFlags): Promise<void> {
  if (flags['4'] && flags['6']) throw new OperatorError('usage', '-4 and -6 exclude each other');
  const family = flags['4'] ? 4 : flags['6'] ? 6 : 0;
  const parsed = hosts.map((text) => ({ text, host: readTarget(text, family) }));
  const options: QueryOptions = {
    samples: flags.samples,
    intervalSeconds: flags.interval,
    timeoutSeconds: flags.timeout,
    version: flags.ntpVersion,
    precisionLog2: clockPrecisionLog2(),
  };
  const sockets = new ClientSockets(new LocalTimescale());
  try {
    await sleep(STAMPING_STARTS_MS);
    const asked = parsed.map(async ({ text, host }) =>
      query(sockets, await resolveTarget(text, host, family), options),
    );
    report(hosts, await Promise.allSettled(asked), flags.json ?? false);
  } finally {
    sockets.dispose();
  }
}

function report(hosts: readonly string[], settled: readonly PromiseSettledResult<QueryResult>[], json: boolean): void {
  const results: QueryResult[] = [];
  const failures: { host: string; error: OperatorError }[] = [];
  for (const [index, outcome] of settled.entries()) {
    if (outcome.status === 'fulfilled') results.push(outcome.value);
    else if (!(outcome.reason instanceof OperatorError)) throw outcome.reason;
    else failures.push({ host: hosts[index] as string, error: outcome.reason });
  }
  const answered = results.filter((result) => result.samples.length > 0);
  if (json) {
    const failed = failures.map(({ host, error }) => ({
      server: host,
      error: { code: error.code, message: error.message },
    }));
    console.log(JSON.stringify([...results.map(jsonResult), ...failed], null, 2));
  } else {
    if (answered.length > 0) console.log(formatResults(answered));
    for (const result of results) for (const line of describeResult(result)) console.error(line);
    for (const { error } of failures) console.error(`ntpd-ts: ${error.message}`);
  }
  if (answered.length === 0) process.exitCode = EXIT.unavailable;
}
