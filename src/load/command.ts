/** `ntpd-ts load`: the command line. */

import { accessSync, constants, existsSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Command } from 'commander';
import { OperatorError } from '../errors.ts';
import { measureTarget } from './measure.ts';
import { NTP_PORT } from './plan.ts';
import { htmlReport } from './report/page.ts';
import { readResults } from './results.ts';

/** Options as commander gives them; measure.ts reads them. */
export interface LoadOptions {
  readonly engine: string;
  readonly interface?: string;
  readonly clients?: string;
  readonly clientCount?: string;
  readonly source?: readonly string[];
  readonly queue: string;
  readonly packetTransmit?: boolean;
  readonly workers: string;
  readonly cores?: string;
  readonly rate?: string;
  readonly poll?: string;
  readonly duration: string;
  readonly timeout: string;
  readonly port: string;
  readonly sweepTo?: string;
  readonly multiplier: string;
  readonly search?: boolean;
  readonly maxLoss: string;
  readonly maxRate: string;
  readonly precision: string;
  readonly overload?: string;
  readonly mix: string;
  readonly versions: string;
  readonly spacing: string;
  readonly flashCrowd?: string;
  readonly abusers?: string;
  readonly samples: string;
  readonly seed: string;
  readonly label?: string;
  readonly json?: boolean;
  readonly html?: string;
  readonly iOwnThisServer?: boolean;
  readonly iOwnThisNetwork?: boolean;
}

/** The verb. */
export function loadCommand(): Command {
  return new Command('load')
    .description('measure an NTP server: open-loop load, every reply verified')
    .argument('<target>', 'address or name of the server; "compare" reads files of results instead')
    .argument('[files...]', 'with "compare": files that --json printed')
    .option('--engine <engine>', "socket: an ordinary user's sockets; raw: frames of many simulated clients", 'socket')
    .option('--interface <name>', 'raw: interface to send from (default: where the route to the target leads)')
    .option('--clients <network>', 'raw: network that the clients live in, routed to this interface or on its link')
    .option('--client-count <n>', 'how many clients (default: raw 16384 or what fits, socket 64)')
    .option('--source <address...>', 'socket: local addresses to ask from')
    .option('--queue <n>', 'raw: first hardware queue to send by', '0')
    .option('--packet-transmit', 'raw: send by a packet socket even where AF_XDP works')
    .option('--workers <n>', 'generating threads', '1')
    .option('--cores <list>', 'keep the generating threads on these cores, such as 0,2')
    .option('--rate <n>', 'requests per second (20k, 0.5M); of the first step (default: 1000)')
    .option('--poll <seconds>', 'instead of --rate: each client asks once in this time')
    .option('--duration <seconds>', 'how long each step sends', '5')
    .option('--timeout <seconds>', 'how long to wait for a reply', '1')
    .option('--port <n>', 'UDP port of the server', String(NTP_PORT))
    .option('--sweep-to <n>', 'measure from --rate up to this rate')
    .option('--multiplier <n>', 'sweep: from step to step', '1.5')
    .option('--search', 'find the highest rate that is kept up with')
    .option('--max-loss <percent>', 'search: loss that still counts as kept up with', '0.1')
    .option('--max-rate <n>', 'search: go no higher', '5M')
    .option('--precision <percent>', 'search: how closely to find it', '2')
    .option('--overload <factors>', 'after a search: answers/s at these multiples of what was found, such as 1.5,2')
    .option('--mix <shares>', 'behaviour of clients, such as basic:70,interleaved:30', 'basic:1')
    .option('--versions <shares>', 'versions that basic clients ask with, such as 4:90,3:10', '4:1')
    .option('--spacing <spacing>', 'constant, or exponential for clients that know nothing of each other', 'constant')
    .option('--flash-crowd <crowd>', 'FACTOR@START+SECONDS: so many times the rate from there, for so long')
    .option('--abusers <abusers>', 'COUNT:PERCENT: so many clients send this share of all requests')
    .option('--samples <n>', 'requests per second whose transmit stamp is taken', '1000')
    .option('--seed <n>', 'of everything random', '1')
    .option('--label <text>', 'what to call this server in reports (default: the target)')
    .option('--json', 'print the results as JSON')
    .option('--html <file>', 'write a page with plots')
    .option('--i-own-this-server', 'allow more than 100 requests a second to a public address')
    .option('--i-own-this-network', 'allow simulated clients with public addresses')
    .addHelpText('after', '\nntpd-ts load compare A.json B.json --html FILE draws several servers on one page.')
    .action(run);
}

async function run(target: string, files: readonly string[], options: LoadOptions): Promise<void> {
  if (target === 'compare') {
    compare(files, options);
    return;
  }
  if (files.length > 0) throw new OperatorError('usage', `load: one target at a time, not also ${files.join(', ')}`);
  if (options.html !== undefined) refuseUnwritable(options.html);
  const results = await measureTarget(target, options);
  if (options.json === true) console.log(JSON.stringify(results));
  if (options.html !== undefined) writePage(options.html, htmlReport([results]));
  if (results.steps.every((step) => step.counts.sent === 0)) {
    throw new OperatorError('load-unreachable', `${target} cannot be reached: the kernel refused every request`);
  }
  if (results.steps.every((step) => step.counts.replies === 0)) {
    throw new OperatorError('no-answer', `${target} answered none of the requests`);
  }
  const invalid = results.steps.filter((step) => !step.valid);
  if (results.search === null && invalid.length > 0) {
    const reasons = new Set(invalid.flatMap((step) => step.invalidReasons));
    throw new OperatorError('load-not-kept', `${[...reasons][0]}: such a step says nothing about the server`);
  }
}

function compare(files: readonly string[], options: LoadOptions): void {
  if (files.length === 0) throw new OperatorError('usage', 'load compare: name the files to compare');
  const all = files.map(readResults);
  if (options.json === true) console.log(JSON.stringify(all));
  if (options.html !== undefined) writePage(options.html, htmlReport(all));
  if (options.json !== true && options.html === undefined) {
    throw new OperatorError('usage', 'load compare: say --html FILE for the page, or --json');
  }
}

/** Says before the measurement that its page could not be written. */
function refuseUnwritable(file: string): void {
  try {
    accessSync(existsSync(file) ? file : dirname(file), constants.W_OK);
  } catch (cause) {
    throw new OperatorError('load-output', `${file}: ${(cause as Error).message}`, { cause });
  }
}

function writePage(file: string, page: string): void {
  try {
    writeFileSync(file, page);
  } catch (cause) {
    throw new OperatorError('load-output', `${file}: ${(cause as Error).message}`, { cause });
  }
}
