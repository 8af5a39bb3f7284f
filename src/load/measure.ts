/** From the command line to results: reads the options, runs the steps, shows how they go. */
import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { OperatorError } from '../errors.ts';
import type { StepOptions } from '../native/load-engine.ts';
import { readBehaviour } from './behaviour.ts';
import { type Measure, overload, search, sweepRates } from './campaign.ts';
import type { LoadOptions } from './command.ts';
import type { EngineSetup } from './engine.ts';
import { formatAddress, parseAddress } from './network.ts';
import { plainStep, readClientCount, readClients, readNumber, refuseStrangers, usage } from './plan.ts';
import { GeneratorPool, Stopped } from './pool.ts';
import { describeMachine, type LoadResults, RESULTS_FORMAT, RESULTS_VERSION } from './results.ts';
import { findRoute } from './route.ts';
import { judgeStep, type StepResult } from './step-result.ts';
import { overloadLine, progressLine, searchLine, tableHeading, tableRow } from './terminal.ts';

const RATE_MAX = 10e6;
const SOCKET_CLIENTS_DEFAULT = 64;
const SOCKET_CLIENTS_MAX = 16_384;

/** Measures one target as the options say; prints a table unless `--json`. */
export async function measureTarget(name: string, options: LoadOptions): Promise<LoadResults> {
  const target = await resolveTarget(name);
  refuseBroadcast(target);
  const setups = readSetups(name, target, options);
  const clients = setups.reduce((sum, setup) => sum + setup.clients, 0);
  const step = readStep(options, clients);
  const rateMax =
    options.search === true
      ? readRate('--max-rate', options.maxRate)
      : readRate('--sweep-to', options.sweepTo ?? String(step.rate));
  refuseStrangers(target, Math.max(step.rate * step.crowdFactor, rateMax), options.iOwnThisServer === true);
  const cores = (options.cores ?? '')
    .split(',')
    .filter((core) => core !== '')
    .map((core) => readNumber('--cores', core, { min: 0, max: 4095, whole: true }));

  const startedAt = new Date().toISOString();
  const pool = new GeneratorPool(setups, cores);
  const stop = (): void => pool.stop();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  const steps: StepResult[] = [];
  let found: LoadResults['search'] = null;
  let overloaded: LoadResults['overload'] = [];
  const show = shower(options.json === true);
  try {
    // Not before requests leave: what keeps the engine from opening is no table.
    let headed = false;
    const head = (): void => {
      if (!headed) show.line(tableHeading());
      headed = true;
    };
    const measure: Measure = async (rate) => {
      const tally = await pool.run({ ...step, rate }, (counts) => {
        head();
        show.progress(progressLine(rate, step.durationSeconds, counts));
      });
      head();
      const result = judgeStep(tally, rate, step.durationSeconds);
      steps.push(result);
      show.line(tableRow(result));
      return result;
    };
    if (options.search === true) {
      found = await search(measure, {
        startRate: step.rate,
        maxRate: rateMax,
        lossMax: readNumber('--max-loss', options.maxLoss, { min: 0, max: 100 }) / 100,
        precision: readNumber('--precision', options.precision, { min: 0.1, max: 50 }) / 100,
      });
      show.line(searchLine(found));
      overloaded = await overload(measure, found.rate, readFactors(options.overload));
      for (const result of overloaded) show.line(overloadLine(result));
    } else {
      const multiplier = readNumber('--multiplier', options.multiplier, { min: 1.01, max: 100 });
      const rates = options.sweepTo === undefined ? [step.rate] : sweepRates(step.rate, rateMax, multiplier);
      for (const rate of rates) await measure(rate);
    }
  } catch (error) {
    // What has been measured until Ctrl-C is worth having.
    if (!(error instanceof Stopped)) throw error;
    if (steps.length === 0) throw new OperatorError('load-not-kept', 'stopped before the first step was over');
  } finally {
    process.removeListener('SIGINT', stop);
    process.removeListener('SIGTERM', stop);
    await pool.close();
  }
  return {
    format: RESULTS_FORMAT,
    version: RESULTS_VERSION,
    about: {
      label: options.label ?? name,
      target: formatAddress(target),
      engine: pool.engine,
      clients,
      generators: setups.length,
      startedAt,
      ...describeMachine(),
      options: process.argv.slice(2),
    },
    steps,
    search: found,
    overload: overloaded,
  };
}

const readRate = (option: string, text: string): number => readNumber(option, text, { min: 0.001, max: RATE_MAX });

const readFactors = (text: string | undefined): number[] =>
  (text ?? '')
    .split(',')
    .filter((factor) => factor !== '')
    .map((factor) => readNumber('--overload', factor, { min: 0.1, max: 100 }));

function readStep(options: LoadOptions, clients: number): StepOptions {
  if (options.rate !== undefined && options.poll !== undefined) throw usage('--rate and --poll: one of them, not both');
  const rate =
    options.poll !== undefined
      ? clients / readNumber('--poll', options.poll, { min: 0.001, max: 1e6 })
      : readRate('--rate', options.rate ?? '1000');
  const durationSeconds = readNumber('--duration', options.duration, { min: 0.1, max: 86_400 });
  return {
    ...plainStep(rate, durationSeconds),
    ...readBehaviour(options, clients),
    timeoutSeconds: readNumber('--timeout', options.timeout, { min: 0.001, max: 60 }),
    samplesPerSecond: readNumber('--samples', options.samples, { min: 0, max: 1e6 }),
    seed: readNumber('--seed', options.seed, { min: 0, max: 2 ** 31, whole: true }),
  };
}

/** One setup per generator, each with its part of the clients. */
function readSetups(name: string, target: Uint8Array, options: LoadOptions): EngineSetup[] {
  const targetPort = readNumber('--port', options.port, { min: 1, max: 65_535, whole: true });
  const workers = readNumber('--workers', options.workers, { min: 1, max: 64, whole: true });
  if (options.engine === 'socket') {
    const count = readNumber('--client-count', options.clientCount ?? String(SOCKET_CLIENTS_DEFAULT), {
      min: workers,
      max: SOCKET_CLIENTS_MAX,
      whole: true,
    });
    const sources = (options.source ?? []).map((text) => {
      const octets = parseAddress(text);
      if (octets?.length !== target.length) throw usage(`--source: "${text}" is no address of the target's family`);
      return octets;
    });
    return split(count, workers).map(({ clients }) => ({
      kind: 'socket',
      target,
      targetPort,
      scope: scopeOf(target, options.interface),
      sources,
      clients,
    }));
  }
  if (options.engine !== 'raw') throw usage(`--engine: "${options.engine}" is neither socket nor raw`);
  if (options.clients === undefined) throw usage('--clients: the raw engine needs a network for its clients');
  const network = readClients(options.clients, target, options.iOwnThisNetwork === true);
  const count = readClientCount(options.clientCount, network);
  const interfaceName = options.interface ?? findRoute(target)?.interfaceName;
  if (interfaceName === undefined) throw new OperatorError('load-unreachable', `there is no route to ${name}`);
  const queue = readNumber('--queue', options.queue, { min: 0, max: 4095, whole: true });
  if (count < workers) throw usage(`--workers: ${workers} generators for ${count} clients`);
  return split(count, workers).map(({ first, clients }, worker) => ({
    kind: 'raw',
    target,
    targetPort,
    interfaceName,
    network,
    firstClient: first,
    clients,
    queue: queue + worker,
    packetTransmit: options.packetTransmit === true,
    worker,
    workers,
  }));
}

/** Splits clients over generators as evenly as they go. */
function split(count: number, parts: number): { first: number; clients: number }[] {
  return Array.from({ length: parts }, (_, i) => {
    const first = Math.floor((count * i) / parts);
    return { first, clients: Math.floor((count * (i + 1)) / parts) - first };
  });
}

/** Interface index for a link-local target, which means nothing without one. */
function scopeOf(target: Uint8Array, interfaceName: string | undefined): number {
  if (target.length !== 16 || target[0] !== 0xfe || ((target[1] as number) & 0xc0) !== 0x80) return 0;
  const entry = (networkInterfaces()[interfaceName ?? ''] ?? []).find((address) => address.family === 'IPv6');
  if (entry?.scopeid === undefined) throw usage('--interface: a link-local target needs the interface it is on');
  return entry.scopeid;
}

/** An address as it is, a name by the resolver. */
async function resolveTarget(name: string): Promise<Uint8Array> {
  const given = parseAddress(name);
  if (given !== null) return given;
  try {
    return parseAddress((await lookup(name)).address) as Uint8Array;
  } catch (cause) {
    throw new OperatorError('name-not-found', `${name} has no address`, { cause });
  }
}

/** Multicast, the broadcast address, and the broadcast address of a network of ours are no server. */
function refuseBroadcast(target: Uint8Array): void {
  const text = formatAddress(target);
  const refuse = (what: string): OperatorError => usage(`${text} is ${what}: a load is for one server`);
  if (target.length === 16) {
    if (target[0] === 0xff) throw refuse('a multicast group');
    return;
  }
  if (text === '255.255.255.255') throw refuse('the broadcast address');
  if ((target[0] as number) >= 224) throw refuse((target[0] as number) < 240 ? 'a multicast group' : 'reserved');
  for (const { address, netmask, family } of Object.values(networkInterfaces()).flatMap((entries) => entries ?? [])) {
    if (family !== 'IPv4' || netmask === '255.255.255.255' || netmask === '255.255.255.254') continue;
    const mask = parseAddress(netmask) as Uint8Array;
    const own = parseAddress(address) as Uint8Array;
    const broadcast = own.map((octet, i) => (octet & (mask[i] as number)) | (~(mask[i] as number) & 0xff));
    if (Buffer.compare(broadcast, target) === 0) throw refuse(`the broadcast address of ${address}'s network`);
  }
}

/** Prints lines and, on a terminal, redraws a line of progress under them. */
function shower(quiet: boolean): { line(text: string): void; progress(text: string): void } {
  const live = !quiet && process.stdout.isTTY;
  return {
    line: (text) => {
      if (!quiet) process.stdout.write(`${live ? '\r\u001b[K' : ''}${text}\n`);
    },
    progress: (text) => {
      if (live) process.stdout.write(`\r\u001b[K${text}`);
    },
  };
}
