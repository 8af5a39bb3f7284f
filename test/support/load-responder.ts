import { fileURLToPath } from 'node:url';
import { parseAddress } from '../../src/load/network.ts';
import type { LoadResults } from '../../src/load/results.ts';
import type { StepResult } from '../../src/load/step-result.ts';
import type { ResponderCounts, ResponderOptions } from '../../src/native/load-responder.ts';
import type { Host } from './network.ts';
import { ntpdTs } from './ntpd-ts.ts';
import { Child } from './run.ts';

const built = (module: string): string => fileURLToPath(new URL(`../../dist/native/${module}.js`, import.meta.url));

const octets = (text: string): number[] => [...(parseAddress(text) as Uint8Array)];

/** Options with addresses as text. */
export type ResponderText = Omit<ResponderOptions, 'address' | 'elsewhere'> & {
  readonly address: string;
  readonly elsewhere?: string;
};

/** The program of the responder's process: the built addon, until it is told to end. */
const SCRIPT = `
const [module, text] = process.argv.slice(1);
const { Responder } = await import(module);
const options = JSON.parse(text);
options.address = Uint8Array.from(options.address);
if (options.elsewhere) options.elsewhere = Uint8Array.from(options.elsewhere);
const responder = new Responder(options);
let stopped = false;
process.once('SIGTERM', () => { stopped = true; });
console.log('answering');
while (!stopped) {
  responder.slice(5);
  await new Promise((resolve) => setImmediate(resolve));
}
console.log('COUNTS ' + JSON.stringify(responder.counts()));
`;

/** A responder in a process of its own, in `host` or where this process runs. */
export class LoadResponder {
  readonly #child: Child;

  private constructor(child: Child) {
    this.#child = child;
  }

  /** @param cpu - keeps it on this core, which it uses up. */
  static async start(host: Host | null, options: ResponderText, cpu?: number): Promise<LoadResponder> {
    const { address, elsewhere, ...rest } = options;
    const given = {
      ...rest,
      address: octets(address),
      ...(elsewhere === undefined ? {} : { elsewhere: octets(elsewhere) }),
    };
    const argv = [
      ...(cpu === undefined ? [] : ['taskset', '-c', String(cpu)]),
      process.execPath,
      '--input-type=module',
      '-e',
      SCRIPT,
      built('load-responder'),
      JSON.stringify(given),
    ];
    const child = new Child(host === null ? argv : host.inside(argv));
    await child.saw(/answering/);
    return new LoadResponder(child);
  }

  /** Ends it and says what it did. */
  async stop(): Promise<ResponderCounts> {
    await this.#child.stop();
    const counts = /COUNTS (.*)/.exec(this.#child.stdout)?.[1];
    if (counts === undefined) throw new Error(`the responder said no counts:\n${this.#child.output}`);
    return JSON.parse(counts) as ResponderCounts;
  }
}

/** Runs `ntpd-ts load ARGS --json` and returns its results; steps that came out invalid are returned too. */
export async function runLoad(host: Host | null, args: readonly string[]): Promise<LoadResults> {
  const done = await ntpdTs(host, ['load', ...args, '--json']);
  const text = done.stdout.trim();
  if (!text.startsWith('{')) throw new Error(`load ${args.join(' ')}: status ${done.status}\n${done.stderr}`);
  return JSON.parse(text) as LoadResults;
}

/** The only step of results that have one. */
export function onlyStep(results: LoadResults): StepResult {
  const [step, ...more] = results.steps;
  if (step === undefined || more.length > 0) throw new Error(`${results.steps.length} steps`);
  return step;
}
