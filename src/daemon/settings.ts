import { availableParallelism, networkInterfaces } from 'node:os';
import { parseEndpoint } from '../config/kinds.ts';
import { defaultConfig, defaultServer, loadConfig } from '../config/load.ts';
import type { Config, ServerConfig } from '../config/schema.ts';
import { OperatorError } from '../errors.ts';

/** The flags of `serve`, as the command line gives them. */
export interface ServeFlags {
  readonly config?: string;
  readonly listen?: readonly string[];
  readonly workers?: number;
  readonly localStratum?: number;
  readonly clock?: Config['synchronization']['clock'];
}

/** The configuration in force, and what was decided because nobody said otherwise. */
export interface Settings {
  readonly config: Config;
  /** Serving threads, at least 1. */
  readonly workers: number;
  /** Started without listeners or sources of anybody's choice: loopback, an unprivileged port, the local clock. */
  readonly tryOut: boolean;
}

const TRY_OUT_PORT = 11_123;
const TRY_OUT_ADDRESSES = ['127.0.0.1', '::1'] as const;
const TRY_OUT_STRATUM = 10;

/**
 * Merges file and flags; flags win. With neither, the program serves the local clock on loopback so that a first
 * query works; only there is a local stratum served that nobody configured.
 *
 * @throws OperatorError for flags or a file that are wrong.
 */
export function resolveSettings(flags: ServeFlags): Settings {
  const file = flags.config === undefined ? null : loadConfig(flags.config);
  const base = file ?? defaultConfig();
  const tryOut = file === null && flags.listen === undefined;
  const server = listeners(base, flags, tryOut);
  const localStratum = flags.localStratum ?? implicitStratum(base, file !== null, server);
  const clock = flags.clock ?? base.synchronization.clock;
  const synchronization = { ...base.synchronization, localStratum, clock };
  const workers = flags.workers ?? base.workers.count;
  return {
    config: { ...base, server, synchronization },
    workers: workers === 0 ? availableParallelism() : workers,
    tryOut,
  };
}

function listeners(base: Config, flags: ServeFlags, tryOut: boolean): readonly ServerConfig[] {
  if (tryOut) {
    // IPv6 may be switched off; 127.0.0.1 can be opened also where loopback is down, and serves once it is up.
    const [ipv4, ...others] = TRY_OUT_ADDRESSES;
    const addresses = [ipv4, ...others.filter(isOurs)];
    return addresses.map((address) => defaultServer({ address, scope: null, port: TRY_OUT_PORT }));
  }
  if (flags.listen === undefined) return base.server;
  return [...new Set(flags.listen)].map((text) => {
    const endpoint = parseEndpoint(text);
    if (endpoint !== null) return defaultServer(endpoint);
    throw new OperatorError('usage', `--listen ${text}: expected ADDRESS:PORT, such as 127.0.0.1:123 or [::1]:123`);
  });
}

function implicitStratum(base: Config, configured: boolean, server: readonly ServerConfig[]): number {
  const loopback = server.every(({ listen }) => isLoopback(listen.address));
  return !configured && loopback ? TRY_OUT_STRATUM : base.synchronization.localStratum;
}

/** Whether an interface of this machine has the address. */
function isOurs(address: string): boolean {
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some((own) => own.address === address));
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
