/** `ntpd-ts load TARGET`: measures a server. */
import { lookup } from 'node:dns/promises';
import { Command } from 'commander';
import { OperatorError } from '../errors.ts';
import { setThreadAffinity } from '../native/thread-tuning.ts';
import { Engine } from './engine.ts';
import { parseAddress } from './network.ts';
import { NTP_PORT, plainStep, readClientCount, readClients, readNumber, refuseStrangers, usage } from './plan.ts';
import { findRoute } from './route.ts';
import { runStep } from './run-step.ts';
import { judgeStep, type StepResult } from './step-result.ts';

interface Options {
  readonly engine: string;
  readonly interface?: string;
  readonly clients?: string;
  readonly clientCount?: string;
  readonly rate: string;
  readonly duration: string;
  readonly timeout: string;
  readonly port: string;
  readonly core?: string;
  readonly packetTransmit?: boolean;
  readonly json?: boolean;
  readonly iOwnThisServer?: boolean;
  readonly iOwnThisNetwork?: boolean;
}

/** The verb. */
export function loadCommand(): Command {
  return new Command('load')
    .description('measure an NTP server: open-loop load, every reply verified')
    .argument('<target>', 'address or name of the server')
    .option('--engine <engine>', 'raw: frames of many simulated clients (root)', 'raw')
    .option('--interface <name>', 'raw: interface to send from (default: where the route to the target leads)')
    .option('--clients <network>', 'raw: network that the clients live in, routed to this interface or on its link')
    .option('--client-count <n>', 'raw: how many clients (default: what fits, at most 16384)')
    .option('--rate <n>', 'requests per second (20k, 0.5M)', '1000')
    .option('--duration <seconds>', 'how long to send', '5')
    .option('--timeout <seconds>', 'how long to wait for a reply', '1')
    .option('--port <n>', 'UDP port of the server', String(NTP_PORT))
    .option('--core <n>', 'keep the generator on this core')
    .option('--packet-transmit', 'raw: send by a packet socket even where AF_XDP works')
    .option('--json', 'print the result as JSON')
    .option('--i-own-this-server', 'allow more than 100 requests a second to a public address')
    .option('--i-own-this-network', 'allow simulated clients with public addresses')
    .action(run);
}

async function run(name: string, options: Options): Promise<void> {
  const target = await resolveTarget(name);
  const rate = readNumber('--rate', options.rate, { min: 0.01, max: 5e6 });
  const durationSeconds = readNumber('--duration', options.duration, { min: 0.1, max: 86_400 });
  const timeoutSeconds = readNumber('--timeout', options.timeout, { min: 0.001, max: 60 });
  const targetPort = readNumber('--port', options.port, { min: 1, max: 65_535, whole: true });
  refuseStrangers(target, rate, options.iOwnThisServer === true);
  if (options.engine !== 'raw') throw usage(`--engine: there is no engine "${options.engine}"`);
  if (options.clients === undefined) throw usage('--clients: the raw engine needs a network for its clients');
  const network = readClients(options.clients, target, options.iOwnThisNetwork === true);
  const clients = readClientCount(options.clientCount, network);
  const interfaceName = options.interface ?? findRoute(target)?.interfaceName;
  if (interfaceName === undefined) throw new OperatorError('load-unreachable', `there is no route to ${name}`);
  if (options.core !== undefined) {
    setThreadAffinity(readNumber('--core', options.core, { min: 0, max: 4095, whole: true }));
  }
  const engine = Engine.openRaw({
    target,
    targetPort,
    interfaceName,
    network,
    firstClient: 0,
    clients,
    queue: 0,
    packetTransmit: options.packetTransmit === true,
    worker: 0,
    workers: 1,
  });
  let stopped = false;
  const stop = (): void => {
    stopped = true;
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    const tally = await runStep(
      engine,
      { ...plainStep(rate, durationSeconds, clients), timeoutSeconds },
      () => stopped,
    );
    if (tally === null) return;
    const result = judgeStep(tally, rate, durationSeconds);
    if (options.json === true) console.log(JSON.stringify({ engine: engine.describe(), steps: [result] }));
    else print(result);
    if (!result.valid) throw new OperatorError('load-not-kept', result.invalidReasons.join('; '));
  } finally {
    engine.close();
  }
}

/** An address as it is, a name by the resolver. */
async function resolveTarget(name: string): Promise<Uint8Array> {
  const given = parseAddress(name);
  if (given !== null) return given;
  try {
    const found = await lookup(name);
    return parseAddress(found.address) as Uint8Array;
  } catch (cause) {
    throw new OperatorError('name-not-found', `${name} has no address`, { cause });
  }
}

function print(result: StepResult): void {
  console.log(JSON.stringify({ ...result, curves: undefined }, null, 2));
}
